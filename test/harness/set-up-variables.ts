/** Environment variables that the set-up of browser tests sets. Here, since it also installs the packages of the other files. */

/** Folder of the page with the warnings of its libraries. */
export const PAGE_FOLDER = 'STEPGATE_TEST_PAGE';

/** Path of the browser. Empty if it cannot be unpacked here. */
export const CHROMIUM_PATH = 'STEPGATE_TEST_CHROMIUM';
