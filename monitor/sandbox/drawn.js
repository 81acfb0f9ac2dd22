// Reads what a browser has drawn, without the help of the page's own scripts: it runs in a world of its own, where they
// can't change what its functions do. `start` is the address from which the browser began. `before` is kept from one call
// to the next, so that a document is sent only once.
globalThis.monitor = {
  before: null,
  beforeElements: 0,

  // Returns whether the document is the same as at the last call, whether it has as many elements, and whether the
  // browser has read it to its end.
  look(start) {
    const drawn = this.drawn(start);
    const state = {
      same: drawn.html === this.before,
      steady: drawn.elements === this.beforeElements,
      parsed: document.readyState !== "loading",
    };
    this.before = drawn.html;
    this.beforeElements = drawn.elements;
    return state;
  },

  // Returns the document as HTML, and how many letters a reader could see. Open shadow roots stand where they are shown,
  // and frames from the same server are written out.
  drawn(start) {
    const inert = document.implementation.createHTMLDocument("");
    let elements = 0;
    const copied = (node) => {
      const isElement = node.nodeType === Node.ELEMENT_NODE;
      if (!isElement) return node.nodeType === Node.TEXT_NODE ? inert.createTextNode(node.data) : null;
      const name = node.localName;
      if (name === "noscript") return null;
      if (name === "meta" && (node.hasAttribute("charset") || /^content-type$/i.test(node.httpEquiv))) return null;
      elements += 1;
      const inner = name === "iframe" || name === "frame" ? this.innerDocument(node) : null;
      const copy = inner || name === "slot" ? inert.createElement("div") : inert.importNode(node, false);
      if (name === "a" && node.hasAttribute("href") && node.baseURI !== start) copy.setAttribute("href", node.href);
      for (const child of inner ? inner.body.childNodes : this.shown(node)) {
        const part = copied(child);
        if (part) copy.appendChild(part);
      }
      if (name === "template") copy.content.append(...copy.childNodes);
      return copy;
    };
    const root = copied(document.documentElement);
    const letters = [...root.querySelectorAll("body")].map((body) => {
      const seen = body.cloneNode(true);
      for (const unseen of seen.querySelectorAll("script, style, template")) unseen.remove();
      return seen.textContent.replace(/\s/g, "").length;
    });
    const charset = inert.createElement("meta");
    charset.setAttribute("charset", "utf-8");
    const head = root.querySelector("head");
    if (head) head.prepend(charset);
    const type = document.doctype ? `<!DOCTYPE ${document.doctype.name}>\n` : "";
    return { html: `${type}${root.outerHTML}\n`, elements, letters: letters.reduce((sum, each) => sum + each, 0) };
  },

  // Returns the nodes that are shown within an element: those of its shadow root, or those put into a slot.
  shown(node) {
    if (node.shadowRoot) return node.shadowRoot.childNodes;
    const assigned = node.localName === "slot" ? node.assignedNodes({ flatten: true }) : [];
    return assigned.length ? assigned : node.localName === "template" ? node.content.childNodes : node.childNodes;
  },

  // Returns the document of a frame; null where it is of another server, or has no body.
  innerDocument(frame) {
    try {
      return frame.contentDocument && frame.contentDocument.body ? frame.contentDocument : null;
    } catch {
      return null;
    }
  },
};
