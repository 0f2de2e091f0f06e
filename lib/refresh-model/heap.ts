/** A binary heap: the least of many, without sorting them all. */
export class Heap<T> {
  private readonly items: T[];

  constructor(
    items: Iterable<T>,
    private readonly compare: (a: T, b: T) => number,
  ) {
    this.items = [...items];
    for (let index = (this.items.length >> 1) - 1; index >= 0; index--) this.sink(index);
  }

  get size(): number {
    return this.items.length;
  }

  /** The least, which stays. */
  get first(): T | undefined {
    return this.items[0];
  }

  /** Takes the least out. */
  pop(): T | undefined {
    const [first] = this.items;
    const last = this.items.pop();
    if (this.items.length > 0 && last !== undefined) {
      this.items[0] = last;
      this.sink(0);
    }
    return first;
  }

  private sink(from: number): void {
    const { items, compare } = this;
    for (let index = from; ; ) {
      let child = 2 * index + 1;
      if (child >= items.length) return;
      if (child + 1 < items.length && compare(items[child + 1]!, items[child]!) < 0) child++;
      if (compare(items[index]!, items[child]!) <= 0) return;
      [items[index], items[child]] = [items[child]!, items[index]!];
      index = child;
    }
  }
}
