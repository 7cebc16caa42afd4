// SPDX-License-Identifier: Apache-2.0
// usage: node check_ipc.mjs IPC_TOOL FOLDER [MODULES]
//
// ipc_tool writes a stream of every type; npm's apache-arrow reads it, and its values must equal
// the dump of ipc_tool. MODULES: the node_modules folder that holds apache-arrow (default: the
// usual search from the current folder). Exits with 1 at the first difference.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';

const [tool, folder, modules] = process.argv.slice(2);
if (!folder) {
    console.error('usage: node check_ipc.mjs IPC_TOOL FOLDER [MODULES]');
    process.exit(2);
}
const require = createRequire(join(resolve(modules ?? 'node_modules'), 'x.js'));
const { DataType, RecordBatchReader } = require('apache-arrow');

const hex = (bytes) => 'x:' + Buffer.from(bytes).toString('hex');

function floatText(value) {
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleBE(value);
    return 'f:' + bytes.toString('hex');
}

// Raw 64-bit storage for times: the library's getters convert units, the storage is what we wrote.
function rawTime(vector, row) {
    let index = row;
    for (const data of vector.data) {
        if (index < data.length) {
            const values = data.values;
            const wide = values instanceof Int32Array && values.length >= 2 * data.length &&
                data.stride === 2;
            return wide
                ? String((BigInt(values[2 * index + 1]) << 32n) | BigInt(values[2 * index] >>> 0))
                : String(values[index]);
        }
        index -= data.length;
    }
    throw new Error('row out of range');
}

function list(vector) {
    const items = [];
    for (let i = 0; i < vector.length; i++) {
        items.push(canonical(vector, i));
    }
    return `[${items.join(',')}]`;
}

function struct(type, row) {
    const values = type.children.map((child) => {
        const value = row[child.name];
        return value === null ? 'null' : plain(child.type, value);
    });
    return `{${values.join(',')}}`;
}

function plain(type, value) {
    if (DataType.isBool(type)) {
        return String(value);
    }
    if (DataType.isFloat(type)) {
        return floatText(value);
    }
    if (DataType.isUtf8(type) || DataType.isLargeUtf8(type)) {
        return hex(Buffer.from(value, 'utf8'));
    }
    if (DataType.isBinary(type) || DataType.isLargeBinary(type) || DataType.isFixedSizeBinary(type)) {
        return hex(value);
    }
    if (DataType.isDecimal(type)) {
        return 'd:' + Buffer.from(value.buffer, value.byteOffset, 16).toString('hex');
    }
    if (DataType.isStruct(type)) {
        return struct(type, value);
    }
    if (DataType.isList(type) || DataType.isLargeList?.(type) || DataType.isFixedSizeList(type)) {
        return list(value);
    }
    return String(value);
}

function canonical(vector, row) {
    const value = vector.get(row);
    if (value === null) {
        return 'null';
    }
    const type = vector.type;
    if (DataType.isDate(type) || DataType.isTime(type) || DataType.isTimestamp(type) ||
        DataType.isDuration(type)) {
        return rawTime(vector, row);
    }
    return plain(type, value);
}

mkdirSync(folder, { recursive: true });
execFileSync(tool, ['write', folder]);
const lines = readFileSync(join(folder, 'ours.txt'), 'utf8').split('\n').slice(0, -1);
const reader = RecordBatchReader.from(readFileSync(join(folder, 'ours.arrows'))).open();
const fields = reader.schema.fields;
let row = 0;
for (const batch of reader) {
    for (let i = 0; i < batch.numRows; i++, row++) {
        const wanted = lines[fields.length + row].split('\t');
        fields.forEach((field, c) => {
            const column = batch.getChildAt(c);
            const got = canonical(column, i);
            if (got !== wanted[c]) {
                console.error(`row ${row}, column "${field.name}": ours ${wanted[c]}, apache-arrow's ${got}`);
                process.exit(1);
            }
        });
    }
}
if (row !== lines.length - fields.length) {
    console.error(`apache-arrow read ${row} rows of ${lines.length - fields.length}`);
    process.exit(1);
}
console.log(`ok: ${fields.length} types, ${row} rows`);
