// Runs before the npm scripts under whatever Node is there, so it keeps to syntax that every Node reads.
var major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  console.error(
    'Stepgate needs Node 24 or newer, but this is Node ' +
      process.versions.node +
      '. Run "npm ci" (on Linux and Windows it brings Node 24 along for the npm scripts), or install Node 24.',
  );
  process.exit(1);
}
