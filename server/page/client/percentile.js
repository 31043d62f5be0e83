// What most of some measured values do not exceed.

/**
 * The smallest value that at least this share of the values does not exceed (nearest rank).
 * @param {number[]} values in any order
 * @param {number} share 0 to 1
 * @returns {number | null} null if there are no values
 */
export function percentile(values, share) {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}
