/**
 * Pictures that wait on this device, in IndexedDB.
 *
 * idb (ISC, 1 kB): promises around IndexedDB's events, which are easy to get wrong by hand.
 */
import { openDB, type DBSchema, type IDBPDatabase } from "idb";
import { MOST_KEPT, MOST_KEPT_BYTES } from "./limits.js";
import { sizeOf, type Picture } from "./records.js";

/** What the queue needs of the device. */
export interface DeviceStore {
  /** Everything that waits, oldest first. Throws StorageBlocked. */
  all(): Promise<Picture[]>;
  /** Throws StorageBlocked or StorageFull. */
  add(picture: Picture): Promise<void>;
  has(key: string): Promise<boolean>;
  remove(keys: readonly string[]): Promise<void>;
}

/** The browser does not let the page keep anything, as in some private windows. */
export class StorageBlocked extends Error {
  override readonly name = "StorageBlocked";
}

/** More pictures wait already than are kept, or the device has no room. */
export class StorageFull extends Error {
  override readonly name = "StorageFull";
}

interface Schema extends DBSchema {
  pictures: { key: string; value: Picture; indexes: { taken: number } };
}

type Database = IDBPDatabase<Schema>;

export interface Bounds {
  readonly pictures: number;
  readonly bytes: number;
}

const VERSION = 1;

export class IndexedStore implements DeviceStore {
  #database: Promise<Database> | null = null;

  constructor(
    private readonly name = "dasa",
    private readonly most: Bounds = { pictures: MOST_KEPT, bytes: MOST_KEPT_BYTES },
  ) {}

  async all(): Promise<Picture[]> {
    return this.#try((database) => database.getAllFromIndex("pictures", "taken"));
  }

  /** One transaction counts and writes, so that several tabs together stay below the limit. */
  async add(picture: Picture): Promise<void> {
    await this.#try(async (database) => {
      const transaction = database.transaction("pictures", "readwrite", { durability: "strict" });
      let [count, bytes] = [1, sizeOf(picture)];
      for await (const { value } of transaction.store) {
        count++;
        bytes += sizeOf(value);
      }
      if (count > this.most.pictures || bytes > this.most.bytes) {
        transaction.abort();
        await transaction.done.catch(() => undefined); // that is what was asked for
        throw new StorageFull("too many pictures wait");
      }
      await Promise.all([transaction.store.put(picture), transaction.done]);
    });
  }

  async has(key: string): Promise<boolean> {
    return this.#try(async (database) => (await database.getKey("pictures", key)) !== undefined);
  }

  async remove(keys: readonly string[]): Promise<void> {
    await this.#try(async (database) => {
      const transaction = database.transaction("pictures", "readwrite");
      await Promise.all([...keys.map((key) => transaction.store.delete(key)), transaction.done]);
    });
  }

  async #try<T>(act: (database: Database) => Promise<T>): Promise<T> {
    try {
      return await act(await this.#open());
    } catch (error) {
      if (error instanceof StorageFull) throw error;
      if (!(error instanceof DOMException) && typeof indexedDB !== "undefined") throw error;
      const full = error instanceof DOMException && error.name === "QuotaExceededError";
      throw full ? new StorageFull("the device is full", { cause: error }) : new StorageBlocked("nothing can be kept here", { cause: error });
    }
  }

  #open(): Promise<Database> {
    this.#database ??= openDB<Schema>(this.name, VERSION, {
      upgrade(database) {
        database.createObjectStore("pictures", { keyPath: "key" }).createIndex("taken", "taken");
      },
      blocking: (_, __, event) => { (event.target as IDBDatabase).close(); }, // a newer page wants to upgrade
      terminated: () => { this.#database = null; }, // by the browser: opened anew when needed
    }).catch((error: unknown) => {
      this.#database = null; // tried again with the next picture
      throw error;
    });
    return this.#database;
  }
}
