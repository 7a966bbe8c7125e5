import ChatServer
import NIOCore
import TestSupport
import Transport

extension Server.Settings {
    /// On 127.0.0.1 and without limits of rates. A peer is not late because the machine does other things, too.
    ///
    /// - Parameter port: 0: one that is free.
    package static func patient(port: Int = 0) -> Self {
        var settings = Self(addresses: [NetworkAddress(host: "127.0.0.1", port: port)])
        settings.hub.limits = .off
        settings.hub.loginTimeout = TimeAmount(.patience)
        settings.connections.handshakeTimeout = TimeAmount(.patience)
        return settings
    }
}
