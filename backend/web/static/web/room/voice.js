/* Messages read aloud by a voice of this device, where it has a Chinese one. */

const MANDARIN = /^(zh|cmn)([-_](hans|hant))?([-_](cn|sg|tw))?$/i;

/** The voice to read with, or null. Never one that would send the words to a server. */
export function chooseVoice(voices) {
  const here = Array.from(voices).filter((voice) => voice.localService && MANDARIN.test(voice.lang));
  return here.find((voice) => /cn$/i.test(voice.lang)) || here[0] || null;
}

/** Calls found(speak) once, as soon as there is a voice; on many devices voices come late, on some never. */
export function whenThereIsAVoice(found) {
  const synthesis = window.speechSynthesis;
  if (!synthesis || !window.SpeechSynthesisUtterance) return;
  let voice = null;
  const look = () => {
    if (voice) return;
    voice = chooseVoice(synthesis.getVoices());
    if (voice) found((text) => read(synthesis, voice, text));
  };
  if (synthesis.addEventListener) synthesis.addEventListener("voiceschanged", look);
  else synthesis.onvoiceschanged = look;
  look();
}

/** A second tap stops. */
function read(synthesis, voice, text) {
  const stops = synthesis.speaking;
  synthesis.cancel();
  if (stops) return;
  const words = new SpeechSynthesisUtterance(text);
  words.voice = voice;
  words.lang = voice.lang.replace("_", "-");
  words.rate = 0.9;
  synthesis.speak(words);
}
