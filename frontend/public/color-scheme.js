// Runs before the first paint, so that a dark page never flashes white. In a file of its own for the sake of the
// content security policy.
(function () {
  var chosen = null;
  try {
    chosen = window.localStorage.getItem('onboarding.color-scheme');
  } catch {
    // Storage is forbidden: the system's setting counts.
  }
  var dark =
    chosen === 'dark' || (chosen !== 'light' && window.matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.setAttribute('data-mantine-color-scheme', dark ? 'dark' : 'light');
})();
