// A chat on socket.io: an insert for each message, then the other members, then the acknowledgement.
const { createServer } = require("http");
const { Server } = require("socket.io");
const { Pool } = require("pg");

const [port, database] = process.argv.slice(2);

async function main() {
  const url = new URL(database.replace("@/", "@localhost/")); // the host is a folder
  const pool = new Pool({
    user: decodeURIComponent(url.username) || undefined,
    database: url.pathname.slice(1),
    host: url.searchParams.get("host") || url.hostname,
    port: Number(url.port) || 5432,
    max: 10,
  });
  await pool.query("CREATE TABLE message (id bigserial PRIMARY KEY, room text NOT NULL, body text NOT NULL, at timestamptz NOT NULL DEFAULT now())");
  await pool.query("CREATE INDEX ON message (room)");
  const http = createServer();
  const io = new Server(http, { transports: ["websocket"] });
  io.on("connection", (socket) => {
    const room = String(socket.handshake.query.room);
    socket.join(room);
    socket.on("say", async (said, acknowledge) => {
      await pool.query({ name: "say", text: "INSERT INTO message (room, body) VALUES ($1, $2)", values: [room, said.message] });
      socket.to(room).emit("said", said);
      acknowledge();
    });
  });
  http.listen(Number(port), "127.0.0.1", 1000);
}

main();
