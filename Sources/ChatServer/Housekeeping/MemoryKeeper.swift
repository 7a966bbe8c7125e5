import System

/// Gives freed memory back to the system: the allocator keeps the holes that crowds leave. Confined to the hub's event
/// loop.
final class MemoryKeeper {
    /// Connections made, after which freed memory is worth giving back.
    private static let connectionsBeforeTrim = 32
    /// Bytes freed late, after which the same.
    private static let bytesBeforeTrim = 4 << 20

    private var connections = 0
    private var connectionsAtLastLook = 0
    /// Bytes that waited for slow peers and were freed.
    private var freedBytes = 0

    func connectionMade() { connections += 1 }
    func freedLate(_ bytes: Int) { freedBytes += bytes }

    /// Handshakes leave holes of some tens of KiB each, more than a connection keeps, and so do replies that waited for
    /// peers. They are given back once a crowd has come in, and not while it does.
    func giveBack() {
        defer { connectionsAtLastLook = connections }
        guard connections == connectionsAtLastLook else { return }
        guard connections >= Self.connectionsBeforeTrim || freedBytes >= Self.bytesBeforeTrim else { return }
        connections = 0
        freedBytes = 0
        Task { ProcessMemory.trim() }
    }
}
