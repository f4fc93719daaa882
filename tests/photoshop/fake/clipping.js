// Clipping masks: a layer with `clipped` shows only where the nearest layer below it that is not clipped, its base, does.
'use strict';

const isUnder = (siblings, at) => Boolean(siblings[at - 1] && siblings[at - 1].clipped);

/** A layer that was made at that place: rule layer.created-in-stack. */
function created(host, siblings, at) {
    if (isUnder(siblings, at) && host.choice('layer.created-in-stack') === 'clipped') siblings[at].clipped = true;
}

/** A layer that was moved to that place: rules layer.moved-into-stack, layer.moved-clipped. */
function moved(host, siblings, at) {
    const layer = siblings[at];
    if (isUnder(siblings, at)) layer.clipped = layer.clipped || host.choice('layer.moved-into-stack') === 'clipped';
    else if (host.choice('layer.moved-clipped') === 'released') layer.clipped = false;
}

/** What a plug-in sets: rules layer.clipping, layer.release-clipping. */
function set(host, siblings, layer, clipped) {
    const above = siblings.slice(0, siblings.indexOf(layer)).reverse();
    if (!clipped && host.choice('layer.release-clipping') === 'above-too') {
        for (const other of above) {
            if (!other.clipped) break;
            other.clipped = false;
        }
    }
    layer.clipped = clipped;
}

/** Before a layer is taken away: rule layer.base-deleted. */
function deleting(host, siblings, layer) {
    if (layer.clipped || host.choice('layer.base-deleted') === 'kept') return;
    const first = siblings[siblings.indexOf(layer) - 1];
    if (first && first.clipped) for (let at = siblings.indexOf(first); at >= 0 && siblings[at].clipped; at--) siblings[at].clipped = false;
}

module.exports = { created, moved, set, deleting };
