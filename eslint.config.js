import reactHooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

export default tseslint.config(
  {
    ignores: [
      'dist/',
      'coverage/',
      'reports/',
      'src/graphql/generated/',
      'src/web/__generated__/',
      'src/web/public/',
      '**/node_modules/',
      '**/__generated__/',
      'examples/clients/test/relay/{operations,persisted}/',
      'bench/.build/',
      'bench/results/',
    ],
  },
  {
    files: ['src/**/*.{ts,tsx}', 'test/**/*.ts', 'tools/**/*.ts', 'examples/**/*.ts'],
    ignores: ['examples/{bullmq,clients,mastra,recipes,routers}/**', 'tools/{ci,mutation}/**'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/consistent-type-exports': 'error',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-console': 'error',
    },
  },
  {
    // Charts, which have few rows, are in `tsx` files.
    files: ['src/**/*.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector: 'CallExpression[callee.property.name=/^(?:push|unshift|min|max)$/] > SpreadElement',
          message: 'A call with an argument for each item fails above about 120,000: use a loop, maxOf or minOf.',
        },
      ],
    },
  },
  {
    // Packages of their own, whose dependencies may not be installed: rules without types.
    files: [
      '{bench,deploy,examples/{bullmq,clients,mastra,recipes,routers},tools/{ci,mutation}}/**/*.{ts,tsx}',
      'examples/alerts/*.mjs',
    ],
    extends: [tseslint.configs.strict, tseslint.configs.stylistic],
    rules: { eqeqeq: ['error', 'always', { null: 'ignore' }] },
  },
  {
    files: ['src/web/**/*.{ts,tsx}'],
    extends: [reactHooks.configs.flat.recommended],
    rules: {
      // It warns users of the React compiler, which has no part in this build.
      'react-hooks/incompatible-library': 'off',
      // A handler of one call: `onClick={() => setIsOpen(true)}`.
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
    },
  },
);
