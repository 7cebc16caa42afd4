// SPDX-License-Identifier: Apache-2.0
// check_written.mjs DIR: what write_tool put into DIR, as hyparquet and parquet-wasm see it. Run it with
// NODE_PATH or a node_modules folder that has the packages of tests/interop/deps. Exits 1 after
// printing every difference.
//
// hyparquet decodes to JavaScript values, which are compared for the types that JavaScript can hold
// exactly; parquet-wasm (arrow-rs) must read every file, and its values are compared through Arrow.
import fs from 'node:fs'
import path from 'node:path'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

const [folder, modules] = process.argv.slice(2)
if (!folder) {
  console.error('usage: node check_written.mjs DIR [NODE_MODULES]')
  process.exit(2)
}
const base = path.resolve(modules ?? 'node_modules')
const require = createRequire(path.join(base, 'resolve.js'))
const load = async (name) => {
  const manifest = JSON.parse(fs.readFileSync(path.join(base, name, 'package.json'), 'utf8'))
  const entry = manifest.exports?.['.'] ?? manifest.module ?? manifest.main
  const pick = (e) => typeof e === 'string' ? e : pick(e.import ?? e.default ?? e.node)
  return import(pathToFileURL(path.join(base, name, pick(entry))))
}
const { parquetReadObjects, parquetMetadata } = await load('hyparquet')
const { compressors } = await load('hyparquet-compressors')
const wasm = require('parquet-wasm')
const arrow = require('apache-arrow')

let differences = 0
const complain = (text) => {
  differences++
  console.log('DIFFERENT:', text)
}

const hex = (bytes) => Buffer.from(bytes).toString('hex')
const number = (x) => Number.isNaN(x) ? 'nan' : x

// The comparable form of an expected value (see write_tool.c) and of a found one. Columns whose
// values JavaScript shows as dates, or cannot hold, are compared as far as they go.
const SKIP = /^(ts_|time_|date|dec|_id|r_id|few_dec|r_rising_ts)/
const FLOATS = /^(float|few_float|rising_float|r_float|embedding|half|r_vector|large_list)/

function wanted (name, v) {
  if (v === null) return null
  if (Array.isArray(v)) return v.map(x => wanted(name, x))
  if (typeof v === 'object') {
    return Object.fromEntries(Object.entries(v).map(([k, x]) => [k, wanted(k, x)]))
  }
  if (typeof v === 'boolean') return v
  if (FLOATS.test(name) || name === 'v') return v === 'nan' ? 'nan' : Number(v)
  return v
}

function found (name, v) {
  if (v === null || v === undefined) return null
  if (v instanceof Uint8Array) return hex(v)
  if (Array.isArray(v) || ArrayBuffer.isView(v)) return Array.from(v, x => found(name, x))
  if (typeof v === 'boolean') return v
  if (typeof v === 'string') return hex(Buffer.from(v))
  if (typeof v === 'object') {
    return Object.fromEntries(Object.entries(v).map(([k, x]) => [k, found(k, x)]))
  }
  if (FLOATS.test(name) || name === 'v') return number(v)
  return String(v)
}

function compare (file, reader, column, expected, values) {
  if (values.length !== expected.length) {
    complain(`${file}.${column} (${reader}): ${values.length} rows, expected ${expected.length}`)
    return
  }
  for (let row = 0; row < expected.length; row++) {
    const e = JSON.stringify(wanted(column, expected[row][column]))
    const f = JSON.stringify(found(column, values[row]))
    if (e !== f) {
      complain(`${file}.${column} (${reader}) row ${row}: ${f}, expected ${e}`)
      return
    }
  }
}

function fromArrow (vector) {
  const plain = (v) => {
    if (v === null || v === undefined) return null
    if (v instanceof arrow.Vector) return Array.from(v, plain)
    if (v instanceof arrow.StructRow) {
      return Object.fromEntries(Object.entries(v.toJSON()).map(([k, x]) => [k, plain(x)]))
    }
    return v
  }
  return Array.from(vector, plain)
}

const files = fs.readdirSync(folder).filter(f => f.endsWith('.parquet')).sort()
for (const name of files) {
  const file = name.slice(0, -'.parquet'.length)
  const bytes = fs.readFileSync(path.join(folder, name))
  const expected = fs.readFileSync(path.join(folder, file + '.jsonl'), 'utf8').trim().split('\n')
    .map(line => JSON.parse(line))
  const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length)
  const metadata = parquetMetadata(buffer)
  if (Number(metadata.num_rows) !== expected.length) complain(`${file} (hyparquet): row count`)
  const columns = Object.keys(expected[0])
  try {
    const rows = await parquetReadObjects({ file: buffer, compressors, utf8: false })
    for (const column of columns) {
      if (!SKIP.test(column)) compare(file, 'hyparquet', column, expected, rows.map(r => r[column]))
    }
  } catch (e) {
    complain(`${file} (hyparquet): ${e.stack}`)
  }
  try {
    const table = arrow.tableFromIPC(wasm.readParquet(new Uint8Array(buffer)).intoIPCStream())
    for (const column of columns) {
      const vector = table.getChild(column)
      if (vector.length !== expected.length) complain(`${file}.${column} (parquet-wasm): rows`)
      // Values that apache-arrow hands over as they are; the rest is counted only.
      if (!SKIP.test(column) && !/float16|half/.test(column)) {
        compare(file, 'parquet-wasm', column, expected, fromArrow(vector))
      }
    }
  } catch (e) {
    complain(`${file} (parquet-wasm): ${e.stack ?? e}`)
  }
}
console.log(`${files.length} files, ${differences} differences`)
process.exit(differences !== 0 || files.length === 0 ? 1 : 0)
