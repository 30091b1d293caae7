/** The cheapest one-to-one assignment: Kuhn's Hungarian method with potentials (Jonker, Volgenant 1987). */

/**
 * Pairs of rows and columns with the least total cost.
 *
 * @param costs R x C; a pair of `limit` or more is never made
 * @param limit also the cost of leaving a row and a column single, so more pairs are preferred
 * @returns [row, column] pairs, by row
 */
export function assign(costs: readonly (readonly number[])[], limit: number): [number, number][] {
  const rows = costs.length;
  const columns = costs[0]?.length ?? 0;
  const size = Math.max(rows, columns);
  const square = Array.from({ length: size }, (_, i) =>
    Array.from({ length: size }, (_, j) => Math.min(limit, costs[i]?.[j] ?? limit)),
  );
  const pairs: [number, number][] = [];
  solve(square).forEach((row, column) => {
    if (row < rows && column < columns && costs[row]![column]! < limit) {
      pairs.push([row, column]);
    }
  });
  return pairs.sort(([a], [b]) => a - b);
}

/**
 * The row of each column in the cheapest full assignment of a square matrix.
 *
 * Row by row, the cheapest alternating path to a free column is found as in Dijkstra's algorithm, with reduced
 * costs. Index 0 stands for "none", so rows and columns count from 1 inside.
 */
function solve(square: readonly (readonly number[])[]): number[] {
  const size = square.length;
  const rowPotential = new Float64Array(size + 1);
  const columnPotential = new Float64Array(size + 1);
  const partner = new Array<number>(size + 1).fill(0);
  for (let row = 1; row <= size; row++) {
    partner[0] = row;
    const least = new Float64Array(size + 1).fill(Infinity);
    const cameFrom = new Array<number>(size + 1).fill(0);
    const done = new Array<boolean>(size + 1).fill(false);
    let column = 0;
    while (partner[column] !== 0) {
      done[column] = true;
      const current = partner[column]!;
      let step = Infinity;
      let following = 0;
      for (let j = 1; j <= size; j++) {
        if (done[j]!) {
          continue;
        }
        const reduced = square[current - 1]![j - 1]! - rowPotential[current]! - columnPotential[j]!;
        if (reduced < least[j]!) {
          least[j] = reduced;
          cameFrom[j] = column;
        }
        if (least[j]! < step) {
          step = least[j]!;
          following = j;
        }
      }
      for (let j = 0; j <= size; j++) {
        if (done[j]!) {
          rowPotential[partner[j]!]! += step;
          columnPotential[j]! -= step;
        } else {
          least[j]! -= step;
        }
      }
      column = following;
    }
    while (column !== 0) {
      const previous = cameFrom[column]!;
      partner[column] = partner[previous]!;
      column = previous;
    }
  }
  return partner.slice(1).map((row) => row - 1);
}
