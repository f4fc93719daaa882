// Reads of the DOM's properties: rule app.reads.
'use strict';

const LOCAL = ['id', 'typename', 'document', 'constructor']; // known without asking Photoshop

/** Have each getter of a class count. @param {{reads: number} | null} host null: each object has its own in host_ */
function countReads(host, prototype) {
    for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
        if (!property.get || LOCAL.includes(name) || name.endsWith('_')) continue;
        Object.defineProperty(prototype, name, { ...property, get() {
            (host || this.host_).reads += 1;
            return property.get.call(this);
        } });
    }
}

module.exports = { countReads };
