// The browser may keep the site as an application; what that takes is in the worker.
if ("serviceWorker" in navigator) navigator.serviceWorker.register("/worker.js");
