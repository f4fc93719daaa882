'use strict';

/**
 * The layers of a document as Photoshop tells them in one call. Each property of a layer that is read costs a call of its own,
 * and a document may have a thousand layers. Pure functions.
 *
 * @typedef {{layerID: number, name: string, layers?: TreeNode[]}} TreeNode
 */

/** @param {TreeNode[]} nodes @returns {TreeNode[]} groups before what they hold */
function allNodes(nodes) {
  return nodes.flatMap((node) => [node, ...allNodes(node.layers || [])]);
}

/**
 * @param {TreeNode[]} nodes
 * @param {number} id
 * @returns {number[] | null} places in the lists, from the outermost; null: it is not there
 */
function pathTo(nodes, id) {
  for (const [place, node] of nodes.entries()) {
    if (node.layerID === id) return [place];
    const inner = node.layers && pathTo(node.layers, id);
    if (inner) return [place, ...inner];
  }
  return null;
}

module.exports = { allNodes, pathTo };
