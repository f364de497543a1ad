// The secret of an invitation stands after the # of its link, which no server is ever sent by itself.
// It goes into the form, and out of the address bar and the history.
const field = document.querySelector("input[name=secret]");
const secret = window.location.hash.slice(1);
if (field && secret) {
  field.value = secret;
  window.history.replaceState(null, "", window.location.pathname);
  // Not requestSubmit: the browser inside WeChat may be years old. There is nothing in the form to check.
  field.form.submit();
}
