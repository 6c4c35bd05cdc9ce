/** Environment variable, set by the set-up of browser tests: folder of the page with the warnings of its libraries. */
export const PAGE_FOLDER = 'STEPGATE_TEST_PAGE';
