import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'

/**
 * 20,000 flights of January to March 2001, as the U.S. Bureau of Transportation Statistics collects them (14 CFR Part 234); from the npm package
 * `vega-datasets` (BSD-3-Clause), which names the terms of the data "other-open: collected under DOT regulatory requirements".
 */
const DATA_SET = 'vega-datasets/data/flights-20k.json'

interface Flight {
  readonly origin: string
}

/** The flights as the records of a topic, one a line: the key is the airport of origin, the value the flight itself. */
export async function flightLines(topic: string): Promise<string[]> {
  // The package exports only its code, so that its folder is found from there.
  const folder = createRequire(import.meta.url)
    .resolve('vega-datasets')
    .split('vega-datasets')[0] as string
  const flights = JSON.parse(await readFile(folder + DATA_SET, 'utf8')) as Flight[]
  return flights.map((flight) => JSON.stringify({ topic, key: flight.origin, value: flight }))
}
