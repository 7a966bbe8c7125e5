import CLISupport
import ChatProtocol
import Glibc
import System
import Transport

/// Looks at everything that can be wrong.
extension Client {
    /// How far the clocks may be apart before it is said.
    private static let clockTolerance = Duration.seconds(60)

    /// Looks at everything in turn and tells each as it is known.
    package func doctor(_ tell: @escaping @Sendable (DoctorCheck) async -> Void) async {
        let profile = settings.namedProfile
        let report = { @Sendable (check: DoctorCheck) in
            var check = check
            let advice = check.problem?.advice?.naming(profile)
            check.problem?.advice = advice
            await tell(check)
        }
        await report(checkConfiguration())
        await report(Self.diskCheck(settings.profileDirectory.path))
        let identity: Identity
        do throws(Problem) {
            identity = try checkStore()
        } catch {
            let failed = error.code == LocalCode.notLoggedIn.rawValue ? "login" : "permissions"
            for name in ["permissions"] + Self.serverChecks + ["outbox", "sync", "keys", "history"] {
                await report(
                    name == failed
                        ? DoctorCheck(name: name, status: .failed, text: error.text, problem: error)
                        : DoctorCheck(name: name, status: .skipped, text: "not without a profile"))
            }
            return
        }
        await report(
            DoctorCheck(
                name: "permissions", status: .ok, text: "\(settings.profileDirectory.path) is private and writable"))
        await checkServer(identity, report)
        await checkOutbox(report)
        await checkSync(report)
        await checkKeys(report)
        await checkHistory(report)
    }

    private func checkConfiguration() -> DoctorCheck {
        do throws(Problem) {
            for path in [settings.paths.configuration, settings.configurationFile, settings.paths.knownServersFile] {
                try PrivateDirectory.refuseForeign(path)
            }
        } catch { return DoctorCheck(name: "config", status: .failed, text: error.text, problem: error) }
        return DoctorCheck(
            name: "config", status: .ok,
            text: access(settings.configurationFile, R_OK) == 0
                ? settings.configurationFile : "no configuration file; defaults and environment count")
    }

    static func diskCheck(
        _ path: String, free: (_ path: String) -> UInt64? = { DiskRoom.free(at: $0) }
    ) -> DoctorCheck {
        guard let free = free(path) else {
            return DoctorCheck(name: "disk", status: .skipped, text: "not without a profile")
        }
        let text = "\(SizeText.text(free)) free for \(path)"
        guard free < ProfileStore.roomNotice else { return DoctorCheck(name: "disk", status: .ok, text: text) }
        return DoctorCheck(
            name: "disk", status: .warning, text: text + ": make room, or messages cannot be stored soon")
    }

    /// - Throws: why nobody is logged in, or why the store cannot be used.
    private func checkStore() throws(Problem) -> Identity {
        let identity = try identity()
        try store { store in try store.write { try store.proveWritable() } }
        return identity
    }

    /// Each has its line, in this order, also where one fails and the others cannot be looked at.
    private static let serverChecks = ["address", "tls", "clock", "login", "packages", "devices", "rooms", "groups"]

    private func checkServer(_ identity: Identity, _ report: (DoctorCheck) async -> Void) async {
        var failed: Problem?
        var left = Self.serverChecks[...]
        do throws(Problem) {
            try profile.requireStanding(identity)
            let link = try await connections.connect(to: identity.address, login: .none)
            defer { link.close() }
            left.removeFirst()
            await report(answers(identity.address))
            let known = try KnownServersFile(paths: settings.paths).read()[identity.address]
            left.removeFirst()
            await report(
                Self.tlsCheck(known ?? .pin(link.peer.pin), certificateEnd: link.certificateEnd, now: WallClock.now))
            let hello = try await link.hello()
            left.removeFirst()
            await report(Self.clockCheck(server: hello.time, here: WallClock.now))
            let (session, welcome) = try await loggedInLink()
            left.removeFirst()
            await report(
                DoctorCheck(
                    name: "login", status: .ok,
                    text: "logged in as \(welcome.account.name), device \(InertText.line(welcome.deviceName))"))
            left.removeFirst()
            await report(Self.packagesCheck(welcome.keyPackages))
            let devices = try await deviceChecks()
            left.removeFirst()
            for check in devices { await report(check) }
            let rooms = try await roomChecks()
            left.removeFirst()
            for check in rooms { await report(check) }
            let groups = try await groupsCheck(on: session)
            left.removeFirst()
            await report(groups)
        } catch { failed = error }
        guard let failed else { return }
        let culprit = Self.culprit(failed, left)
        // Who shows the wrong key has answered.
        if culprit == "tls", left.first == "address" {
            left.removeFirst()
            await report(answers(identity.address))
        }
        for name in left {
            await report(
                name == culprit
                    ? DoctorCheck(name: name, status: .failed, text: failed.text, problem: failed)
                    : DoctorCheck(name: name, status: .skipped, text: "not while \(culprit) fails"))
        }
    }

    private func answers(_ address: ServerAddress) -> DoctorCheck {
        let proxy = try? settings.proxy.proxy(for: address)
        let way = proxy.map { " through the proxy \($0)" } ?? ""
        return DoctorCheck(name: "address", status: .ok, text: "\(address) answers\(way)")
    }

    /// Which of the lines that are left has failed by `problem`.
    private static func culprit(_ problem: Problem, _ left: ArraySlice<String>) -> String {
        let wanted =
            switch problem.exit {
            case .untrusted, .protocolFault: "tls"
            case .refused, .badConfiguration: "login"
            default: "address"
            }
        return left.contains(wanted) ? wanted : left.contains("login") ? "login" : left.last ?? wanted
    }

    /// How long before its end a certificate is a matter.
    private static let certificateNotice = Duration.seconds(14 * 86_400)

    /// A server that is known by its key is so whatever its certificate says.
    static func tlsCheck(_ standing: ServerStanding, certificateEnd: Timestamp, now: Timestamp) -> DoctorCheck {
        let text =
            "TLS 1.3, server known by \(standing.text), its certificate ends at \(TimestampText.utc(certificateEnd))"
        guard standing == .authority, certificateEnd < now + certificateNotice else {
            return DoctorCheck(name: "tls", status: .ok, text: text)
        }
        return DoctorCheck(
            name: "tls", status: .warning, text: text + ": who runs the server must renew it")
    }

    static func clockCheck(server: Timestamp, here: Timestamp) -> DoctorCheck {
        let distance = server > here ? server - here : here - server
        let milliseconds = distance.wholeMilliseconds
        guard distance > clockTolerance else {
            return DoctorCheck(name: "clock", status: .ok, text: "within \(milliseconds) ms of the server's")
        }
        let direction = server > here ? "behind" : "ahead of"
        return DoctorCheck(
            name: "clock", status: .warning,
            text: "this machine's clock is \(milliseconds / 1000) s \(direction) the server's: set it")
    }

    private func checkOutbox(_ report: (DoctorCheck) async -> Void) async {
        do throws(Problem) {
            let items = try outbox()
            let failed = items.count { $0.state == .failed }
            let held = items.count { $0.state == .held }
            let waiting = held == 0 ? "" : " (\(held) held, since a key changed or is not verified)"
            let text = items.isEmpty ? "empty" : "\(items.count - failed) waiting\(waiting), \(failed) failed"
            await report(
                DoctorCheck(
                    name: "outbox", status: failed == 0 ? .ok : .warning, text: text,
                    see: items.isEmpty ? nil : .seeOutbox))
        } catch {
            await report(DoctorCheck(name: "outbox", status: .failed, text: error.text, problem: error))
        }
    }

    private func checkSync(_ report: (DoctorCheck) async -> Void) async {
        do throws(Problem) {
            let time = try lastSync()
            let text = time.map { "as of \(TimestampText.utc($0))" } ?? "never"
            await report(
                DoctorCheck(name: "sync", status: .ok, text: text, see: time == nil ? .fetchHistory : nil))
        } catch {
            await report(DoctorCheck(name: "sync", status: .failed, text: error.text, problem: error))
        }
    }

    private func checkKeys(_ report: (DoctorCheck) async -> Void) async {
        do throws(Problem) {
            for check in try keyChecks() { await report(check) }
        } catch {
            await report(DoctorCheck(name: "keys", status: .failed, text: error.text, problem: error))
        }
    }

    private func checkHistory(_ report: (DoctorCheck) async -> Void) async {
        do throws(Problem) {
            for check in try historyChecks() { await report(check) }
        } catch {
            await report(DoctorCheck(name: "history", status: .failed, text: error.text, problem: error))
        }
    }
}
