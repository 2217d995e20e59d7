import type { Options } from 'tsup'

/** One build for every publishable package: ESM only, declarations and source maps beside it. */
export const base = {
  format: ['esm'],
  platform: 'node',
  target: 'node22.12',
  tsconfig: 'tsconfig.json',
  // Emitting declarations is rollup's work here; the editor's tsconfig has noEmit.
  dts: true,
  sourcemap: true,
  clean: true,
  // tsup strips "node:" by default, which breaks the modules that exist only with the prefix.
  removeNodeProtocol: false,
} satisfies Options
