import type { ProviderNames } from './provider-names.ts'

/** Says what the author of a new provider does first. */
export function nextSteps({ folder, name }: ProviderNames, install: boolean): string {
  return `
${folder} is there. What is left to write:

  src/requests/     what to send to the KMS, and how to read its responses
  test/${name}-facade.ts, test/${name}-fault-facade.ts
                    how the conformance suite and the fault table start the KMS and make keys
  README.md         the paragraphs that start with "To write"

${install ? 'npm install           makes the package known to the others\n' : ''}cd ${folder}
npx vitest            runs the conformance suite and the fault table; what is red says what to write, and where
`
}
