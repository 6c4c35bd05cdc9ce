// Before the first paint, so that no page flashes in the other theme.
try {
  const theme = localStorage.getItem('stepgate.theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  // This browser stores nothing.
}
