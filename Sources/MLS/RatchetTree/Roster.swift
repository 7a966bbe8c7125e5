/// Who stands in a tree: its leaves by their places, for an application that judges the whole of it.
///
/// It shares the tree's memory; looking at one leaf costs nothing, `members` lists all of them.
public struct Roster: Sendable {
    private let tree: RatchetTree
    /// A leaf that a path brings and the tree does not have yet.
    private let coming: (index: LeafIndex, leaf: LeafNode)?

    init(_ tree: RatchetTree, coming: (index: LeafIndex, leaf: LeafNode)? = nil) {
        self.tree = tree
        self.coming = coming
    }

    public subscript(index: LeafIndex) -> LeafNode? {
        if let coming, coming.index == index { return coming.leaf }
        return tree.leaf(index)
    }

    /// All members, from the left.
    public var members: [(index: LeafIndex, leaf: LeafNode)] {
        var members = tree.members
        guard let coming else { return members }
        let place = members.firstIndex { $0.index >= coming.index } ?? members.count
        if place < members.count, members[place].index == coming.index { members.remove(at: place) }
        members.insert(coming, at: place)
        return members
    }

    public var count: Int {
        tree.memberCount + (coming.map { tree.leaf($0.index) == nil ? 1 : 0 } ?? 0)
    }
}
