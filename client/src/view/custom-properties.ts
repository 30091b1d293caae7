/**
 * `<i ${customProperties({ "--share": "0.4" })}>`: sets custom properties of an element through the CSSOM.
 *
 * Lit's own `styleMap` first writes a style attribute, which the content security policy forbids.
 */
import type { ElementPart } from "lit";
import { noChange } from "lit";
import { Directive, directive, PartType, type PartInfo } from "lit/directive.js";

type Properties = Readonly<Record<`--${string}`, string>>;

class CustomProperties extends Directive {
  #last: Properties = {};

  constructor(part: PartInfo) {
    super(part);
    if (part.type !== PartType.ELEMENT) throw new Error("customProperties stands in the tag, not in an attribute");
  }

  render(...[]: [Properties]): typeof noChange {
    return noChange;
  }

  override update(part: ElementPart, [properties]: [Properties]): typeof noChange {
    const { style } = part.element as HTMLElement;
    for (const name of Object.keys(this.#last)) if (!(name in properties)) style.removeProperty(name);
    for (const [name, value] of Object.entries(properties)) {
      if (this.#last[name as `--${string}`] !== value) style.setProperty(name, value);
    }
    this.#last = properties;
    return noChange;
  }
}

export const customProperties = directive(CustomProperties);
