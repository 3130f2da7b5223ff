/**
 * A map from strings to objects that come and go by the thousand each second. A Map leaves its outgrown tables behind, each of them
 * pointing to the next: once one has grown old, a collection of young objects takes all that were ever in the later ones for alive. Here
 * what is removed is gone from the one table there is. The hash has a secret and is a weak one all the same: where strangers may choose
 * very many keys, use a Map.
 */

const FIRST_SLOTS = 64;

export class StringTable<Value extends object> {
  size = 0;
  #keys: (string | null)[] = emptySlots(FIRST_SLOTS);
  #values: (Value | null)[] = emptySlots(FIRST_SLOTS);

  get(key: string): Value | undefined {
    return this.#values[this.#slotOf(key)] ?? undefined;
  }

  has(key: string): boolean {
    return this.#keys[this.#slotOf(key)] !== null;
  }

  set(key: string, value: Value): void {
    const slot = this.#slotOf(key);
    if (this.#keys[slot] === null) {
      this.size++;
      this.#keys[slot] = key;
    }
    this.#values[slot] = value;
    if (this.size * 2 > this.#keys.length) {
      this.#grow();
    }
  }

  /** False when it was not there. */
  delete(key: string): boolean {
    let gap = this.#slotOf(key);
    if (this.#keys[gap] === null) {
      return false;
    }
    this.size--;
    const mask = this.#keys.length - 1;
    // Those behind it move up as far as they may, so that a search ends at the first empty slot.
    for (let slot = (gap + 1) & mask; ; slot = (slot + 1) & mask) {
      const next = this.#keys[slot] ?? null;
      if (next === null) {
        break;
      }
      const home = hashOf(next) & mask;
      if (((slot - home) & mask) >= ((slot - gap) & mask)) {
        this.#keys[gap] = next;
        this.#values[gap] = this.#values[slot] ?? null;
        gap = slot;
      }
    }
    this.#keys[gap] = null;
    this.#values[gap] = null;
    return true;
  }

  /** All of now, in no order; the table may change while they are walked. */
  values(): Value[] {
    return this.#values.filter((value) => value !== null);
  }

  clear(): void {
    this.size = 0;
    this.#keys = emptySlots(FIRST_SLOTS);
    this.#values = emptySlots(FIRST_SLOTS);
  }

  /** Where the key is, or would be. */
  #slotOf(key: string): number {
    const keys = this.#keys;
    const mask = keys.length - 1;
    let slot = hashOf(key) & mask;
    for (let found = keys[slot]; found !== null && found !== key; found = keys[slot]) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  #grow(): void {
    const [keys, values] = [this.#keys, this.#values];
    this.#keys = emptySlots(keys.length * 2);
    this.#values = emptySlots(keys.length * 2);
    keys.forEach((key, index) => {
      if (key !== null) {
        const slot = this.#slotOf(key);
        this.#keys[slot] = key;
        this.#values[slot] = values[index] ?? null;
      }
    });
    // Whoever holds the old ones, a dead object grown old for one, holds nothing by them.
    keys.length = values.length = 0;
  }
}

function emptySlots<T>(count: number): (T | null)[] {
  return Array.from({ length: count }, () => null);
}

/** Nobody outside of this thread knows which keys meet in one slot. */
const SALT = Math.trunc(Math.random() * 0x1_0000_0000) | 0;

/** FNV-1a, over characters, from another beginning. */
function hashOf(text: string): number {
  let hash = SALT;
  for (let at = 0; at < text.length; at++) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x0100_0193);
  }
  return hash ^ (hash >>> 15);
}
