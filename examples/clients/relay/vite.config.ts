import babel from '@rolldown/plugin-babel';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

// Since version 8, Vite compiles without Babel: the `graphql` tags need a separate plugin.
export default defineConfig({ plugins: [react(), babel({ plugins: [['relay', { eagerEsModules: true }]] })] });
