import { readWorkspace } from '@keyfold/kit/workspace'

import { rules } from '../../../checks/rules/index.ts'

/** Judges every rule about sources, and gives what is wrong with one package. */
export async function ownViolations(root: string, packageName: string, folder: string): Promise<readonly string[]> {
  const workspace = readWorkspace(root)
  const found: string[] = []
  for (const rule of rules) {
    const violations = (await rule.workspace?.(workspace)) ?? []
    found.push(
      ...violations
        .filter((line) => line.includes(packageName) || line.includes(folder))
        .map((line) => `${rule.name}: ${line}`),
    )
  }
  return found
}
