/** `npm run test:e2e`. The rest of the tests is `npm test`. */
import config, { endToEnd } from '../jest.config.js';

/** @type {import('jest').Config} */
export default { ...config, rootDir: '..', projects: [endToEnd] };
