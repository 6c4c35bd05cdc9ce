/** Says which variables are wrong, what was expected and what came. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}
