import { benchSize, SIZES, type Row } from './record-bench.ts'

const rows: Row[] = []
for (const size of SIZES) rows.push(...await benchSize(size, 9))
console.table(rows.map((r) => ({ size: r.size, operation: r.operation, micros: r.micros.toFixed(2), toBare: r.toBare.toFixed(2), toNaive: r.toNaive.toFixed(2) })))
