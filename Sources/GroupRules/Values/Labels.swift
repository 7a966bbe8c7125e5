import WireCodec

/// What stands first, as a vector, in everything that is signed or hashed here: no signature or hash of one kind is one of another, and
/// none is one of MLS, whose labels begin with "MLS 1.0 ". Labels never change.
package enum Label: String, CaseIterable, Sendable {
    case link = "chat account link 1"
    case grant = "chat device grant 1"
    case renewal = "chat device renewal 1"
    case device = "chat device 1"
    case direct = "chat direct conversation 1"
    case room = "chat room 1"
    case log = "chat log 1"
}

extension WireWriter {
    mutating func write(_ label: Label) { write(vector: label.rawValue.utf8) }
}

extension WireReader {
    /// Reads a label that must be this one.
    mutating func expect(_ label: Label) throws(WireError) {
        guard try readVector(limit: 64, field: "label").elementsEqual(label.rawValue.utf8) else {
            throw .invalidValue(field: "label")
        }
    }
}
