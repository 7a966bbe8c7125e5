import GroupRules
import MLS

extension [(index: LeafIndex, leaf: LeafNode)] {
    /// Of the members of a group, each of whose leaves was judged: whose devices they are.
    var credentials: [DeviceCredential] { compactMap { try? DeviceCredential($0.leaf.credential) } }
}
