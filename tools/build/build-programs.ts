/** Builds the programs and their page before `npm start`. */
await Promise.all([import('./build-server.ts'), import('./build-page.ts')]);
