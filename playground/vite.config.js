// How the playground is built: into the Python package, with relative addresses and hashed names.
import { defineConfig } from 'vite';

// Monaco and prettier are left out: they load later, in parts of their own.
const OTHERS = /vite\/preload-helper|node_modules\/(?!monaco|prettier)/;

export default defineConfig({
  // Relative, so that the page works under any mount path.
  base: './',
  // The server replaces this with a fresh nonce in every answer.
  html: { cspNonce: '__CSP_NONCE__' },
  build: {
    outDir: '../src/ledgermesh/playground/built',
    // The folders below the output mirror the served addresses, so that relative references hold.
    assetsDir: 'playground/assets',
    // The policy allows fonts and images from files, not from inlined data.
    assetsInlineLimit: 0,
    emptyOutDir: true,
    modulePreload: { polyfill: false },
    // Monaco is one part by nature; its size is known and loaded after the first paint.
    chunkSizeWarningLimit: 4000,
    reportCompressedSize: false,
    rolldownOptions: {
      // Marks for server rendering mean nothing here, and they would bury a real warning.
      onLog: (level, log, report) => log.code === 'MODULE_LEVEL_DIRECTIVE' || report(level, log),
      // What others wrote apart from what we write: a change of ours then renames small files only.
      output: { codeSplitting: { groups: [{ name: 'parts', test: OTHERS }] } },
    },
  },
});
