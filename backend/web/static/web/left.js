// After a sign-out, for browsers that don't know Clear-Site-Data: the tablet may be a family's.
for (const kept of ["localStorage", "sessionStorage"]) {
  try {
    window[kept].clear();
  } catch (error) {
    // A browser that forbids storage has kept nothing.
  }
}
