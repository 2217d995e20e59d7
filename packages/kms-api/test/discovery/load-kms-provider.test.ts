import { execFile } from 'node:child_process'
import { mkdirSync, renameSync, symlinkSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'

import { describe, expect, it, vi } from 'vitest'

import { loadKmsProvider, type LoadKmsProviderOptions } from '../../src/discovery/index.ts'
import { isProviderError, type KmsProvider, type ProviderError } from '../../src/index.ts'
import { temporaryDirectory } from '../temporary-directory.ts'
import { installed, manifest, PROVIDER, timesLoaded } from './fixtures.ts'

async function failure(run: () => Promise<unknown>): Promise<ProviderError> {
  try {
    await run()
  } catch (error) {
    if (isProviderError(error)) return error
    throw error
  }
  throw new Error('expected a failure, got none')
}

const from = (directory: string): LoadKmsProviderOptions => ({ from: join(directory, 'app.js') })
const provider = (overrides: object = {}): KmsProvider =>
  ({
    name: 'example',
    contract: 1,
    configSchema: {
      '~standard': {
        version: 1,
        vendor: 'x',
        validate: (value: unknown) => ({ value }),
        jsonSchema: { input: () => ({}), output: () => ({}) },
      },
    },
    create: () => Promise.reject(new Error('no')),
    ...overrides,
  }) as unknown as KmsProvider

describe('a provider', () => {
  it('is loaded by its short name, from the package of ours', async () => {
    const app = temporaryDirectory(installed('@keyfold/kms-example'))
    const before = timesLoaded()
    const loaded = await loadKmsProvider('example', from(app))
    expect(loaded).toMatchObject({ name: 'example', contract: 1 })
    expect(timesLoaded()).toBe(before + 1)
    expect(await loadKmsProvider('@keyfold/kms-example', from(app))).toBe(loaded)
  })

  it.each(['@acme/kms-oracle', 'acme.kms', '7-kms', 'kms_acme'])(
    'is loaded by the full name of its package, %s',
    async (name) => {
      expect(await loadKmsProvider(name, from(temporaryDirectory(installed(name))))).toMatchObject({ name: 'example' })
    },
  )

  it('is found from a file URL, a URL object, a path and a directory alike, in parent directories too', async () => {
    const app = temporaryDirectory({ ...installed('@keyfold/kms-example'), 'src/deep/app.js': '' })
    for (const place of [
      pathToFileURL(join(app, 'src/deep/app.js')).href,
      pathToFileURL(join(app, 'app.js')),
      join(app, 'src/deep/app.js'),
      app,
      `${app}/`,
      pathToFileURL(app),
      join(app, 'not', 'there.js'),
    ]) {
      expect(await loadKmsProvider('example', { from: place })).toMatchObject({ name: 'example' })
    }
  })

  it('may be reached through a link, as workspaces and pnpm install it', async () => {
    const store = temporaryDirectory(installed('@acme/kms-linked'))
    const app = temporaryDirectory()
    mkdirSync(join(app, 'node_modules/@acme'), { recursive: true })
    symlinkSync(join(store, 'node_modules/@acme/kms-linked'), join(app, 'node_modules/@acme/kms-linked'))
    expect(await loadKmsProvider('@acme/kms-linked', from(app))).toMatchObject({ name: 'example' })
  })

  it.each<[string, unknown]>([
    ['a path', './provider.js'],
    ['conditions', { node: { default: './provider.js' } }],
    ['a require condition', { require: './provider.js' }],
    ['a list', ['./provider.js']],
  ])('may be exported by %s', async (_, target) => {
    const app = temporaryDirectory(installed('@acme/kms-exports', PROVIDER, target))
    expect(await loadKmsProvider('@acme/kms-exports', from(app))).toMatchObject({ name: 'example' })
  })

  it('may be exported by a pattern', async () => {
    const app = temporaryDirectory({
      'node_modules/@acme/kms-pattern/package.json': JSON.stringify({
        type: 'module',
        exports: { './*': './dist/*.js', './kms-*': './dist/x/*.js', './k*-x-*': './no.js' },
      }),
      'node_modules/@acme/kms-pattern/dist/x/provider.js': PROVIDER,
    })
    expect(await loadKmsProvider('@acme/kms-pattern', from(app))).toMatchObject({ name: 'example' })
  })

  it('may be CommonJS, plain or compiled from ESM', async () => {
    const commonjs = PROVIDER.replace('export default', 'module.exports =')
    const compiled = `Object.defineProperty(exports, '__esModule', { value: true })\n${PROVIDER.replace('export default', 'exports.default =')}`
    for (const [name, source] of [
      ['@acme/kms-plain', commonjs],
      ['@acme/kms-compiled', compiled],
    ] as const) {
      const app = temporaryDirectory({
        [`node_modules/${name}/package.json`]: JSON.stringify({
          name,
          exports: { './kms-provider': './provider.cjs' },
        }),
        [`node_modules/${name}/provider.cjs`]: source,
      })
      expect(await loadKmsProvider(name, from(app))).toMatchObject({ name: 'example' })
    }
  })

  it('is taken from a loader, as a module namespace, without looking at what is installed', async () => {
    const own = provider()
    const loaders = {
      aws: () => Promise.resolve({ default: own }),
      '@acme/kms': () => Promise.resolve({ default: { __esModule: true, default: own } }),
    }
    expect(await loadKmsProvider('aws', { loaders })).toBe(own)
    expect(await loadKmsProvider('@acme/kms', { loaders })).toBe(own)
  })
})

describe('a name', () => {
  const BAD: unknown[] = [
    '',
    ' ',
    'AWS',
    'Aws',
    'aws ',
    ' aws',
    'aws\n',
    'aws\0',
    'a ws',
    '-\u202eaws',
    'äws',
    'ａｗｓ',
    '.',
    '..',
    './aws',
    '../aws',
    '../../etc/passwd',
    '/etc/passwd',
    '/aws',
    '\\\\host\\aws',
    'C:\\aws',
    'c:/aws',
    'aws/..',
    'aws/../../x',
    'aws/',
    'aws/kms-provider',
    'aws//x',
    '@acme',
    '@acme/',
    '@/kms',
    '@acme/kms/sub',
    '@acme/kms/../../x',
    '@acme/../kms',
    '@acme/.kms',
    '@acme/_kms',
    '@.acme/kms',
    '@Acme/kms',
    '@acme\\kms',
    '.aws',
    '_aws',
    'node:fs',
    'node:vm',
    'data:text/javascript,export default 1',
    'file:///etc/passwd',
    'https://example.org/x.js',
    'blob:x',
    'npm:aws',
    'aws@1',
    '@acme/kms@latest',
    '#internal',
    'aws?x',
    'aws#x',
    'aws%2f..',
    'aws*',
    '*',
    '$(id)',
    '`id`',
    'aws;id',
    'aws|id',
    "aws'",
    'aws"',
    'child_process',
    'worker_threads',
    'node_modules',
    'favicon.ico',
    'a'.repeat(250),
    `@acme/${'a'.repeat(250)}`,
    'x'.repeat(1_000_000),
    undefined,
    null,
    5,
    true,
    {},
    [],
    ['aws'],
    Symbol('aws'),
    () => 'aws',
    { toString: () => 'aws' },
  ]

  it('is tried in more than 40 bad forms here', () => {
    expect(BAD.length).toBeGreaterThan(40)
  })

  it.each(BAD.map((name) => [name]))('such as %j is refused before anything is looked at', async (name) => {
    const touched = vi.fn()
    const loaders = new Proxy({}, { get: touched, has: touched, getOwnPropertyDescriptor: touched, ownKeys: touched })
    for (const options of [{ from: '/does/not/exist' }, { loaders }]) {
      const error = await failure(() => loadKmsProvider(name as string, options))
      expect(error.code).toBe('PROVIDER_BAD_NAME')
      expect(error.message).toMatch(/^"name" expected a short name such as "aws" or the name of an npm package, got /)
      expect(error.message.length).toBeLessThan(300)
      expect(error.message).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/)
    }
    expect(touched).not.toHaveBeenCalled()
  })

  it('that objects inherit is no loader', async () => {
    for (const name of ['constructor', 'valueof', 'tostring']) {
      expect(await failure(() => loadKmsProvider(name, { loaders: {} }))).toMatchObject({
        code: 'PROVIDER_NOT_INSTALLED',
        providerName: name,
      })
    }
  })
})

describe('a provider that is not installed', () => {
  it('is reported with the line to type and the place that was searched from', async () => {
    const app = temporaryDirectory()
    const error = await failure(() => loadKmsProvider('aws', from(app)))
    expect(error).toMatchObject({ code: 'PROVIDER_NOT_INSTALLED', providerName: 'aws' })
    expect(error.message).toBe(
      `the provider @keyfold/kms-aws is not installed where "${pathToFileURL(app).href}/app.js" finds it; check the name, then run: npm install @keyfold/kms-aws`,
    )
  })

  it('is not taken from the working directory', async () => {
    const planted = temporaryDirectory(installed('@keyfold/kms-planted'))
    const app = temporaryDirectory()
    const cwd = vi.spyOn(process, 'cwd').mockReturnValue(planted)
    const before = timesLoaded()
    try {
      expect((await failure(() => loadKmsProvider('planted', from(app)))).code).toBe('PROVIDER_NOT_INSTALLED')
    } finally {
      cwd.mockRestore()
    }
    expect(timesLoaded()).toBe(before)
  })

  it('is not taken from folders of the environment', async () => {
    const home = temporaryDirectory({
      ...installed('@keyfold/kms-environment'),
      '.node_modules/@keyfold/kms-environment/package.json': manifest('@keyfold/kms-environment'),
      '.node_modules/@keyfold/kms-environment/provider.js': PROVIDER,
    })
    const app = temporaryDirectory()
    const script = `import { loadKmsProvider } from ${JSON.stringify(new URL('../../src/discovery/index.ts', import.meta.url).href)}
      await loadKmsProvider('environment', { from: ${JSON.stringify(app)} }).then(() => console.log('loaded'), (error) => console.log(error.code))`
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--conditions=@keyfold/source', '--input-type=module', '-e', script],
      {
        env: { ...process.env, HOME: home, NODE_PATH: join(home, 'node_modules') },
      },
    )
    expect(stdout).toBe('PROVIDER_NOT_INSTALLED\n')
  })

  it('is not replaced by a file that lies nearer and belongs to no package', async () => {
    const app = temporaryDirectory({
      ...installed('@acme/kms-far'),
      'near/node_modules/@acme/kms-far/kms-provider.js': 'globalThis.keyfoldPlanted = true\nmodule.exports = {}',
    })
    expect(await loadKmsProvider('@acme/kms-far', { from: join(app, 'near/app.js') })).toMatchObject({
      name: 'example',
    })
    expect(globalThis).not.toHaveProperty('keyfoldPlanted')
  })

  it('is not replaced by a copy that lies inside of it', async () => {
    const app = temporaryDirectory({
      ...installed('@acme/kms-outer'),
      // An alias: the package calls itself something else.
      'node_modules/@acme/kms-outer/package.json': manifest('@acme/renamed'),
      'node_modules/@acme/kms-outer/node_modules/@acme/kms-outer/package.json': manifest('@acme/kms-outer'),
      'node_modules/@acme/kms-outer/node_modules/@acme/kms-outer/provider.js': PROVIDER.replace(
        "name: 'example'",
        "name: 'inner'",
      ),
    })
    expect(await loadKmsProvider('@acme/kms-outer', from(app))).toMatchObject({ name: 'example' })
  })

  it('is reported as well when only its directory is there', async () => {
    const app = temporaryDirectory({
      'node_modules/@keyfold/kms-empty/kms-provider.js': PROVIDER,
      'node_modules/@keyfold/kms-odd/package.json/x': '',
    })
    for (const name of ['empty', 'odd'])
      expect((await failure(() => loadKmsProvider(name, from(app)))).code).toBe('PROVIDER_NOT_INSTALLED')
  })

  it('is reported with what to add when there are loaders', async () => {
    const error = await failure(() => loadKmsProvider('aws', { loaders: { vault: () => Promise.resolve({}) } }))
    expect(error).toMatchObject({
      code: 'PROVIDER_NOT_INSTALLED',
      message: '"loaders" expected an entry for "aws", got none; add one that imports the provider\'s "/kms-provider"',
    })
  })
})

describe('what inspects a provider before it runs', () => {
  it('gets its package and the real places of what will run', async () => {
    const store = temporaryDirectory(installed('@acme/kms-stored'))
    const app = temporaryDirectory()
    mkdirSync(join(app, 'node_modules/@acme'), { recursive: true })
    symlinkSync(join(store, 'node_modules/@acme/kms-stored'), join(app, 'node_modules/@acme/kms-stored'))
    const before = timesLoaded()
    const inspect = vi.fn(() => {
      expect(timesLoaded()).toBe(before)
    })
    await loadKmsProvider('@acme/kms-stored', { from: app, inspect })
    const directory = join(store, 'node_modules/@acme/kms-stored')
    expect(inspect.mock.calls).toEqual([
      [
        {
          packageName: '@acme/kms-stored',
          folder: join(app, 'node_modules'),
          directory,
          file: join(directory, 'provider.js'),
        },
      ],
    ])
    expect(timesLoaded()).toBe(before + 1)
  })

  it.each(['at once', 'later'])('refuses it %s with an error of its own, and nothing runs', async (when) => {
    const app = temporaryDirectory(installed('@acme/kms-refused'))
    const before = timesLoaded()
    const refuse = (): void => {
      throw new RangeError('not this one')
    }
    const inspect = when === 'at once' ? refuse : () => Promise.resolve().then(refuse)
    await expect(loadKmsProvider('@acme/kms-refused', { from: app, inspect })).rejects.toThrow(
      new RangeError('not this one'),
    )
    expect(timesLoaded()).toBe(before)
  })

  it('has seen what runs, even if somebody puts another in its place meanwhile', async () => {
    const evil = PROVIDER.replace("name: 'example'", "name: 'evil'")
    const store = temporaryDirectory({ ...installed('@acme/kms-good'), ...installed('@acme/kms-evil', evil) })
    const app = temporaryDirectory({
      'src/app.js': '',
      'src/hidden/@acme/kms-raced/package.json': manifest('@acme/kms-raced'),
      'src/hidden/@acme/kms-raced/provider.js': evil,
    })
    mkdirSync(join(app, 'node_modules/@acme'), { recursive: true })
    const link = join(app, 'node_modules/@acme/kms-raced')
    symlinkSync(join(store, 'node_modules/@acme/kms-good'), link)
    const inspect = (): void => {
      renameSync(join(app, 'src/hidden'), join(app, 'src/node_modules'))
      unlinkSync(link)
      symlinkSync(join(store, 'node_modules/@acme/kms-evil'), link)
    }
    expect((await loadKmsProvider('@acme/kms-raced', { from: join(app, 'src/app.js'), inspect })).name).toBe('example')
    expect((await loadKmsProvider('@acme/kms-raced', { from: join(app, 'src/app.js') })).name).toBe('evil')
  })
})

describe('a package that is no provider', () => {
  it.each<[string, object]>([
    ['no exports', { main: './provider.js' }],
    ['one export', { exports: './provider.js' }],
    ['conditions for its root', { exports: { default: './provider.js' } }],
    [
      'other subpaths',
      {
        exports: {
          '.': './provider.js',
          './other': './provider.js',
          './kms-provider/*': './provider.js',
          './kms-provider-x*': './provider.js',
          './*x': './provider.js',
        },
      },
    ],
    ['the subpath switched off', { exports: { './*': './provider.js', './kms-provider': null } }],
    ['a list', { exports: ['./provider.js'] }],
  ])('is refused, and does not run, when it has %s', async (_, fields) => {
    const files = {
      'provider.js': PROVIDER,
      'kms-provider.js': PROVIDER,
      'index.js': PROVIDER,
      'package.json': JSON.stringify({ name: '@acme/other', type: 'module', ...fields }),
    }
    const app = temporaryDirectory(
      Object.fromEntries(Object.entries(files).map(([name, text]) => [`node_modules/@acme/other/${name}`, text])),
    )
    const before = timesLoaded()
    const error = await failure(() => loadKmsProvider('@acme/other', from(app)))
    expect(error).toMatchObject({ code: 'PROVIDER_NOT_A_PROVIDER', providerName: '@acme/other' })
    expect(error.message).toBe(
      'the package @acme/other does not export "./kms-provider", so it is not a provider; check the name',
    )
    expect(timesLoaded()).toBe(before)
  })

  it.each<[string, unknown, string]>([
    ['nothing', undefined, 'undefined'],
    ['null', null, 'null'],
    ['a function', () => provider(), 'function'],
    ['no name', provider({ name: undefined }), 'one without a "name" of a to z, 0 to 9 and "-"'],
    ['a wrong name', provider({ name: '../x' }), 'one without a "name" of a to z, 0 to 9 and "-"'],
    ['no contract', provider({ contract: undefined }), 'one without the number "contract"'],
    ['a contract that is text', provider({ contract: '1' }), 'one without the number "contract"'],
    ['contract 0', provider({ contract: 0 }), 'one without the number "contract"'],
    ['no create', provider({ create: undefined }), 'one without the method "create"'],
    ['no schema', provider({ configSchema: undefined }), 'one whose "configSchema" is no Standard Schema'],
    [
      'another schema',
      provider({ configSchema: { parse: () => ({}) } }),
      'one whose "configSchema" is no Standard Schema',
    ],
    [
      'a schema without JSON Schema',
      provider({ configSchema: { '~standard': { version: 1, vendor: 'x', validate: () => ({}) } } }),
      'one whose "configSchema" has no Standard JSON Schema',
    ],
    ['a readEdek that is text', provider({ readEdek: 'x' }), 'one whose "readEdek" is no function'],
  ])('is refused when its default export is or has %s', async (_, value, got) => {
    const error = await failure(() =>
      loadKmsProvider('aws', { loaders: { aws: () => Promise.resolve({ default: value }) } }),
    )
    expect(error).toMatchObject({
      code: 'PROVIDER_NOT_A_PROVIDER',
      message: `the default export of the loader of "aws" must be a KmsProvider, got ${got}`,
    })
  })

  it('is refused when a loader gives no module', async () => {
    for (const module of [undefined, null, 5, {}, provider()]) {
      expect(
        (await failure(() => loadKmsProvider('aws', { loaders: { aws: () => Promise.resolve(module) } }))).code,
      ).toBe('PROVIDER_NOT_A_PROVIDER')
    }
  })

  it('is accepted when it reads EDEKs, and when its schema is a function with properties', async () => {
    const configSchema = Object.assign(() => undefined, provider().configSchema)
    const own = provider({ readEdek: () => undefined, configSchema })
    expect(await loadKmsProvider('aws', { loaders: { aws: () => Promise.resolve({ default: own }) } })).toBe(own)
  })
})

describe('a provider that fails to load', () => {
  it('is reported with the error that it threw as cause', async () => {
    const app = temporaryDirectory(installed('@acme/kms-throws', 'throw new RangeError("from the package")'))
    const error = await failure(() => loadKmsProvider('@acme/kms-throws', from(app)))
    expect(error).toMatchObject({
      code: 'PROVIDER_LOAD_FAILED',
      message: '@acme/kms-throws failed to load: see its cause',
      cause: { name: 'RangeError', message: 'from the package' },
    })
  })

  it('is reported with the code of what is missing', async () => {
    const app = temporaryDirectory(installed('@acme/kms-lacks', 'import "@acme/not-there"'))
    const error = await failure(() => loadKmsProvider('@acme/kms-lacks', from(app)))
    expect(error.code).toBe('PROVIDER_LOAD_FAILED')
    expect(error.cause).toBeInstanceOf(Error)
    expect(error.message).toMatch(/^@acme\/kms-lacks failed to load/)
  })

  it('is reported when something else than an error is thrown, or a loader is synchronous and throws', async () => {
    const loaders = {
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- what a loader does is not ours
      text: () => Promise.reject('secret text'),
      sync: () => {
        throw Object.assign(new Error('no'), { code: 'ERR_MODULE_NOT_FOUND' })
      },
    }
    expect((await failure(() => loadKmsProvider('text', { loaders }))).cause).toMatchObject({
      message: 'something else than an error was thrown: string',
    })
    expect(await failure(() => loadKmsProvider('sync', { loaders }))).toMatchObject({
      code: 'PROVIDER_LOAD_FAILED',
      message: 'the loader of "sync" failed to load ("ERR_MODULE_NOT_FOUND"): see its cause',
    })
  })

  it('is told that the default condition is missing', async () => {
    const app = temporaryDirectory(
      installed('@acme/kms-import-only', PROVIDER, { types: './index.d.ts', import: './provider.js' }),
    )
    const before = timesLoaded()
    const error = await failure(() => loadKmsProvider('@acme/kms-import-only', from(app)))
    expect(error).toMatchObject({ code: 'PROVIDER_LOAD_FAILED', cause: { code: 'ERR_PACKAGE_PATH_NOT_EXPORTED' } })
    expect(error.message).toBe(
      'the package @acme/kms-import-only expected "./kms-provider" to be exported with a "default" condition, got none that Node can use; ask its author to add one',
    )
    expect(timesLoaded()).toBe(before)
  })

  it.each<[string, string, string]>([
    [
      'its file is missing',
      manifest('@acme/kms-broken', './gone.js'),
      'expected the file that it exports as "./kms-provider", got MODULE_NOT_FOUND; reinstall or rebuild it',
    ],
    [
      'the file of its default condition is missing',
      manifest('@acme/kms-broken', { default: './gone.js' }),
      'expected the file that it exports as "./kms-provider", got MODULE_NOT_FOUND; reinstall or rebuild it',
    ],
    [
      'its target leaves the package',
      manifest('@acme/kms-broken', '../../../evil.js'),
      'expected the file that it exports as "./kms-provider", got ERR_INVALID_PACKAGE_TARGET; reinstall or rebuild it',
    ],
  ])('is reported when %s', async (_, text, problem) => {
    const app = temporaryDirectory({ 'node_modules/@acme/kms-broken/package.json': text, 'evil.js': PROVIDER })
    expect(await failure(() => loadKmsProvider('@acme/kms-broken', from(app)))).toMatchObject({
      code: 'PROVIDER_LOAD_FAILED',
      message: `the package @acme/kms-broken ${problem}`,
    })
  })

  it.each(['{ "exports": ', '[]', 'null', '"text"'])('is reported when its package.json is %s', async (text) => {
    const app = temporaryDirectory({ 'node_modules/@acme/kms-broken/package.json': text })
    expect(await failure(() => loadKmsProvider('@acme/kms-broken', from(app)))).toMatchObject({
      code: 'PROVIDER_LOAD_FAILED',
      message: 'the package.json of @acme/kms-broken could not be read; reinstall the package',
    })
  })
})

describe('a provider of another contract', () => {
  it('is refused with what to update, whatever else its shape is', async () => {
    const later = { name: 'aws', contract: 2 }
    const error = await failure(() =>
      loadKmsProvider('aws', { loaders: { aws: () => Promise.resolve({ default: later }) } }),
    )
    expect(error).toMatchObject({
      code: 'PROVIDER_CONTRACT',
      message: 'the loader of "aws" must follow version 1 of the contract, got version 2; update @keyfold/kms-api',
    })
  })
})

describe('loading', () => {
  it.each<[string, unknown, string]>([
    ['no options', undefined, '"options" expected an object with "from" or "loaders", got undefined'],
    ['neither', {}, '"options" expected either "from" or "loaders", got neither'],
    ['both', { from: '/x', loaders: {} }, '"options" expected either "from" or "loaders", got both'],
    ['loaders that are no object', { loaders: 5 }, '"loaders" expected an object, got number'],
    ['a loader that is no function', { loaders: { aws: 5 } }, '"loaders["aws"]" expected a function, got number'],
    [
      'an inspection that is no function',
      { from: '/x', inspect: 5 },
      '"inspect" expected a function beside "from", got number',
    ],
    [
      'an inspection of loaders',
      { loaders: {}, inspect: () => undefined },
      '"inspect" expected a function beside "from", got one beside "loaders"',
    ],
    [
      'a relative path',
      { from: './app.js' },
      '"from" expected a file URL, such as import.meta.url, or an absolute path, got "./app.js"',
    ],
    ['an empty path', { from: '' }, '"from" expected a file URL, such as import.meta.url, or an absolute path, got ""'],
    [
      'another URL',
      { from: 'https://example.org/app.js' },
      '"from" expected a file URL, such as import.meta.url, or an absolute path, got "https://example.org/app.js"',
    ],
    [
      'a path with a zero byte',
      { from: '/app\0.js' },
      '"from" expected a file URL, such as import.meta.url, or an absolute path, got "/app\\u0000.js"',
    ],
    [
      'a URL with a zero byte',
      { from: 'file:///app%00.js' },
      '"from" expected a file URL, such as import.meta.url, or an absolute path, got "file:///app%00.js"',
    ],
    ['a number', { from: 5 }, '"from" expected a file URL, such as import.meta.url, or an absolute path, got number'],
  ])('refuses %s as a mistake of the caller', async (_, options, message) => {
    await expect(loadKmsProvider('aws', options as LoadKmsProviderOptions)).rejects.toThrow(new TypeError(message))
  })

  it('reports the name before the place', async () => {
    expect((await failure(() => loadKmsProvider('../x', { from: 'relative' }))).code).toBe('PROVIDER_BAD_NAME')
  })
})
