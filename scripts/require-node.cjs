// Runs before the npm scripts on any Node, so its syntax must be readable by each Node.
var version = process.versions.node.split('.').map(Number);
if (version[0] < 24 || (version[0] === 24 && version[1] < 9)) {
  console.error(
    'Stepgate needs Node 24.9 or newer, but this is Node ' +
      process.versions.node +
      '. Run "npm ci" (on Linux and Windows it installs Node 24 for the npm scripts), or install Node 24.',
  );
  process.exit(1);
}
