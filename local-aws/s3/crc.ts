// Cyclic redundancy checks that S3 takes besides the common one, all of them reflected.
// https://reveng.sourceforge.io/crc-catalogue/all.htm (CRC-32/ISCSI, CRC-64/NVME)
const CASTAGNOLI = 0x82f63b78;
const NVME = { high: 0x9a6c9329, low: 0xac4bc9b5 };

const castagnoli = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ CASTAGNOLI : value >>> 1;
  return value;
});

/** Two halves of 32 bits: whole numbers of 64 would take seconds for an upload of some megabytes. */
const nvme = (() => {
  const high = new Uint32Array(256);
  const low = new Uint32Array(256);
  for (let byte = 0; byte < 256; byte++) {
    let [h, l] = [0, byte];
    for (let bit = 0; bit < 8; bit++) {
      const isOdd = l & 1;
      l = ((l >>> 1) | (h << 31)) >>> 0;
      h >>>= 1;
      if (isOdd) {
        h ^= NVME.high;
        l ^= NVME.low;
      }
    }
    high[byte] = h;
    low[byte] = l;
  }
  return { high, low };
})();

/** CRC-32C, big-endian. */
export function crc32c(bytes: Uint8Array): Buffer {
  let value = 0xffffffff;
  for (const byte of bytes) value = (value >>> 8) ^ castagnoli[(value ^ byte) & 0xff]!;
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE((value ^ 0xffffffff) >>> 0);
  return sum;
}

/** CRC-64/NVME, big-endian. */
export function crc64nvme(bytes: Uint8Array): Buffer {
  let [high, low] = [0xffffffff, 0xffffffff];
  for (const byte of bytes) {
    const index = (low ^ byte) & 0xff;
    low = ((low >>> 8) | (high << 24)) ^ nvme.low[index]!;
    high = (high >>> 8) ^ nvme.high[index]!;
  }
  const sum = Buffer.alloc(8);
  sum.writeUInt32BE((high ^ 0xffffffff) >>> 0, 0);
  sum.writeUInt32BE((low ^ 0xffffffff) >>> 0, 4);
  return sum;
}
