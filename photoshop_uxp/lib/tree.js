'use strict';

/**
 * The layers of a document as Photoshop tells them in one call. Each property of a layer that is read costs a call of its own,
 * and a document may have a thousand layers. Pure functions.
 *
 * @typedef {{layerID: number, name: string, layers?: TreeNode[]}} TreeNode
 * @typedef {{id: number, name: string, level: number}} Leveled `level`: how many groups it lies in
 */

/** @param {TreeNode[]} nodes @returns {TreeNode[]} groups before what they hold */
function allNodes(nodes) {
  return nodes.flatMap((node) => [node, ...allNodes(node.layers || [])]);
}

/** @param {TreeNode[]} nodes @param {number} [level] @returns {Leveled[]} groups before what they hold */
function leveled(nodes, level = 0) {
  return nodes.flatMap(({ layerID: id, name, layers }) => [{ id, name, level }, ...leveled(layers || [], level + 1)]);
}

/**
 * @param {TreeNode[]} nodes
 * @param {number} id
 * @returns {number[] | null} positions in the lists, from the outermost; null: it is not there
 */
function pathTo(nodes, id) {
  for (const [position, node] of nodes.entries()) {
    if (node.layerID === id) return [position];
    const inner = node.layers && pathTo(node.layers, id);
    if (inner) return [position, ...inner];
  }
  return null;
}

module.exports = { allNodes, leveled, pathTo };
