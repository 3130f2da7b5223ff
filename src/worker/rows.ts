/** A growing table of doubles, handed over to main without a copy (its buffer is transferred). */
export class Rows {
  private table: Float64Array;
  private used = 0;
  private readonly cursor: { table: Float64Array; offset: number };

  constructor(
    private readonly columns: number,
    private readonly initialRows = 64,
  ) {
    this.table = new Float64Array(columns * initialRows);
    this.cursor = { table: this.table, offset: 0 };
  }

  /** Where the next row goes; the object is reused. */
  next(): { table: Float64Array; offset: number } {
    if (this.used + this.columns > this.table.length) {
      const larger = new Float64Array(this.table.length * 2);
      larger.set(this.table);
      this.table = larger;
    }
    this.cursor.table = this.table;
    this.cursor.offset = this.used;
    this.used += this.columns;
    return this.cursor;
  }

  /** Rows since the last `take`. */
  get count(): number {
    return this.used / this.columns;
  }

  /** A row that is still here, counted from the last `take`; the object is that of `next`. */
  at(row: number): { readonly table: Float64Array; readonly offset: number } {
    this.cursor.table = this.table;
    this.cursor.offset = row * this.columns;
    return this.cursor;
  }

  /** Takes the newest row back; there must be one. */
  dropLast(): void {
    this.used -= this.columns;
  }

  /** A copy of a row that is still here, counted from the last `take`; null when there is none. */
  copyOf(row: number): Float64Array | null {
    return row < this.count ? this.table.slice(row * this.columns, (row + 1) * this.columns) : null;
  }

  /** The rows so far, as a table of its own; starts anew. */
  take(): Float64Array {
    const rows = this.table.slice(0, this.used);
    this.table = new Float64Array(Math.max(this.used, this.columns * this.initialRows));
    this.used = 0;
    return rows;
  }
}
