import CLISupport
import ChatProtocol
import Glibc
import Logging
import NIOCore
import Transport

/// Opens connections to servers that are the ones meant.
struct TrustedConnection: Sendable {
    /// Nothing was said on it.
    struct Opened: Sendable {
        var connection: OpenedConnection
        /// What is left of the time that it was given. A person who was asked has taken none of it.
        var left: Duration
    }

    let paths: Paths
    let setting: TrustSetting
    let proxies: ProxySetting
    let interaction: Interaction
    let log: Logger

    init(_ settings: ClientSettings, trust: TrustSetting? = nil, interaction: Interaction, log: Logger) {
        paths = settings.paths
        setting = trust ?? settings.trust
        proxies = settings.proxy
        self.interaction = interaction
        self.log = log
    }

    /// Connects, looks at what the server shows, and asks where that is needed. Nothing is sent before it is trusted.
    ///
    /// - Throws: 69 where nobody answers, 76 where it is no chatd, 79 where it is not trusted.
    func open(_ address: ServerAddress, timeout: Duration) async throws(Problem) -> Opened {
        let file = KnownServersFile(paths: paths)
        let decision = TrustDecision(address: address, known: try file.read()[address], setting: setting)
        let (opened, standing) = try await look(at: address, by: decision, timeout: timeout)
        do throws(Problem) {
            if let standing { try await remember(standing, address, file) }
            return opened
        } catch {
            opened.connection.discard()
            throw error
        }
    }

    /// As `open`, and keeps nothing.
    ///
    /// - Returns: with the connection, how the server is to be known from now on; nil: as before.
    func look(
        at address: ServerAddress, by decision: TrustDecision, timeout: Duration
    ) async throws(Problem) -> (Opened, ServerStanding?) {
        let opened: OpenedConnection
        let proxy = try proxies.proxy(for: address)
        let deadline = Monotonic.now + timeout
        do {
            opened = try await ClientLoop.connect(
                to: address, through: proxy, demand: decision.demand, timeout: timeout)
        } catch {
            throw Self.problem(error, address, proxy)
        }
        let left = max(.zero, deadline - Monotonic.now)
        do throws(Problem) {
            let standing = try await settle(decision, opened.peer)
            return (Opened(connection: opened, left: left), standing)
        } catch {
            opened.discard()
            throw error
        }
    }

    private func settle(_ decision: TrustDecision, _ peer: PeerIdentity) async throws(Problem) -> ServerStanding? {
        switch decision.judge(peer, isPublished: { isPublished(peer.pin) }) {
        case .refuse(let problem):
            throw problem
        case .accept(let remember):
            return remember
        case .ask(let server):
            guard let confirm = interaction.confirmServer, await confirm(server) else {
                throw decision.notTrusted(server.pin, server.reason)
            }
            return .pin(server.pin)
        }
    }

    private func remember(
        _ standing: ServerStanding, _ address: ServerAddress, _ file: KnownServersFile
    ) async throws(Problem) {
        do throws(Problem) {
            try await file.update { $0[address] = standing }
            log.info("server is known from now on", metadata: ["server": "\(address)", "as": "\(standing.text)"])
        } catch {
            // Named on the command line it will be named again; everything else has to be kept to count.
            guard case .pin = setting else { throw error }
            log.warning("the server could not be remembered: \(error.text)")
        }
    }

    private func isPublished(_ pin: PublicKeyPin) -> Bool {
        let user = PublishedKey.userDirectory(stateHome: paths.stateHome)
        return PublishedKey.isPublished(pin, in: user, owner: geteuid())
            || PublishedKey.isPublished(pin, in: PublishedKey.systemDirectory, owner: 0)
    }

    private static func problem(_ error: any Error, _ address: ServerAddress, _ proxy: Proxy?) -> Problem {
        guard let error = error as? ConnectError else {
            return Problem(.unreachable, "cannot connect to \(address): \(error)", sent: .no)
        }
        switch error {
        case .tls(.noCommonProtocol):
            return Problem(.unsupportedVersion, "\(address) does not speak this version of the protocol", sent: .no)
        case .tls(let failure):
            return Problem(
                .protocolFault, "no TLS with \(address): \(failure)", hint: "is it a chatd, and the right port?",
                sent: .no)
        case .internalFailure(let reason):
            return Problem(.internalFault, "cannot connect to \(address): \(reason)", sent: .no)
        case .unreachable, .timedOut, .closed, .untrusted:
            let hint = proxy.map { "does the proxy \($0) work, and lead there?" } ?? "is chatd running there?"
            return Problem(.unreachable, "cannot reach \(address): \(error)", hint: hint, sent: .no)
        }
    }
}

extension OpenedConnection {
    /// Closes it: nothing was said on it.
    func discard() { eventLoop.execute { connection.close(flushing: false) } }
}
