import ts from 'typescript'

import { packedTexts } from '@keyfold/kit/packed-package'

import { lineOf, parse, visit } from '../lib/module-text.ts'
import type { Rule } from '../lib/rule.ts'

// Names with which node:crypto and the platform make randomness or keys of it, but for randomBytes and randomFillSync.
const FORBIDDEN = new Set([
  'getRandomValues',
  'randomUUID',
  'randomUUIDv7',
  'randomInt',
  'randomFill',
  'pseudoRandomBytes',
  'prng',
  'rng',
  'generateKey',
  'generateKeySync',
  'generateKeyPair',
  'generateKeyPairSync',
  'webcrypto',
  'subtle',
])

export const rule: Rule = {
  name: 'no-other-randomness',
  reads: 'code',
  promise: 'packages take randomness from randomBytes and randomFillSync of node:crypto, and nowhere else',
  workspace: (workspace) =>
    workspace.files(/^packages\/[^/]+\/src\/.*\.ts$/).flatMap((file) => randomness(file.path, file.text)),
  tarball: (packed) => packedTexts(packed, /\.[cm]?js$/).flatMap((file) => randomness(file.path, file.text)),
}

function randomness(name: string, text: string): readonly string[] {
  const file = parse(name, text)
  const found: string[] = []
  const add = (node: ts.Node, what: string): void => {
    found.push(`${name}:${lineOf(file, node)} uses ${what}`)
  }
  visit(file, (node) => {
    if (ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node)) {
      const key = ts.isPropertyAccessExpression(node)
        ? node.name.text
        : ts.isStringLiteralLike(node.argumentExpression)
          ? node.argumentExpression.text
          : ''
      const object = node.expression.getText(file)
      if (/(?:^|\.)Math$/.test(object) && key === 'random') add(node, 'Math.random')
      else if (FORBIDDEN.has(key)) add(node, key)
    } else if (ts.isImportSpecifier(node) && FORBIDDEN.has((node.propertyName ?? node.name).text)) {
      add(node, (node.propertyName ?? node.name).text)
    } else if (ts.isIdentifier(node) && node.text === 'crypto' && isGlobalUse(node)) {
      add(node, 'the global crypto')
    } else if (ts.isBindingElement(node) && FORBIDDEN.has((node.propertyName ?? node.name).getText(file))) {
      add(node, (node.propertyName ?? node.name).getText(file))
    } else if (ts.isBindingElement(node) && (node.propertyName ?? node.name).getText(file) === 'random') {
      add(node, 'random, taken out of an object')
    }
  })
  return found
}

/** `globalThis.crypto` in any spelling: `crypto.x` that no import declares is caught by its forbidden member; the object itself is enough here. */
function isGlobalUse(node: ts.Identifier): boolean {
  return (
    ts.isPropertyAccessExpression(node.parent) &&
    node.parent.name === node &&
    node.parent.expression.getText() === 'globalThis'
  )
}
