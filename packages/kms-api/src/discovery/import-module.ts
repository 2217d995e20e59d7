/** The one place where a module is imported whose name is computed (R6). */
export async function importModule(url: string): Promise<unknown> {
  return await import(/* @vite-ignore */ /* webpackIgnore: true */ url)
}
