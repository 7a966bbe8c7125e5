import CLISupport
import ChatProtocol
import Glibc
import System
import Transport

/// The identity file of an account's first device: opened before the account is made, so that none is made in vain.
struct FirstIdentity: Sendable {
    private static let deviceName = "first"

    private let key: SigningKey
    private let output: OutputFile

    /// - Throws: 73 where the file cannot be created, or exists.
    init(_ path: String) async throws(Problem) {
        do throws(CryptoFailure) { key = try SigningKey() } catch {
            throw Problem(.internalFault, "cannot make a key: \(error)")
        }
        do throws(OutputFile.Failure) { output = try await OutputFile.awaited(path, replaces: false) } catch {
            throw Problem(.cannotCreate, error.text, hint: "name a file that is not there")
        }
    }

    var device: FirstDevice { FirstDevice(name: Self.deviceName, key: key.publicKey) }

    /// To be called where the account is not made.
    func close() { output.close() }

    /// - Parameters:
    ///   - row: what the administration has answered.
    ///   - pin: the server's key; nil where its certificate is vouched for by others.
    ///   - listen: where a server would listen that does not run.
    /// - Returns: the address that it names.
    func write(
        _ user: NewUser, _ row: JSONObject, pin: String?, listen: [NetworkAddress]
    ) throws(Problem) -> String {
        defer { output.close() }
        guard let account = row["account"]?.string.flatMap({ AccountID(hex: $0) }),
            let device = row["device"]?.string.flatMap({ DeviceID(hex: $0) }),
            let server = row["server_id"]?.string.flatMap({ ServerID(hex: $0) }),
            let generation = row["generation"]?.string.flatMap({ StoreGeneration(hex: $0) }),
            let everyone = row["everyone"]?.string.flatMap({ ConversationID(hex: $0) })
        else { throw Problem(.protocolFault, "the running server answers in a way that is not understood") }
        let running = row["addresses"]?.array?.compactMap { $0.string.flatMap { ListenAddress.parse($0) } } ?? []
        let address = Self.address(running.isEmpty ? listen : running)
        let file = IdentityFile(
            use: .first, user: user.name, displayName: user.displayName, account: account, address: address,
            server: server, generation: generation, everyone: everyone, pin: pin,
            devices: [IdentityFile.Device(id: device, name: Self.deviceName, loginKey: key.rawRepresentation)])
        // The data's owner may be another user than the one who has a place for the file.
        Owner.leave()
        do throws(OutputFile.Failure) { try output.write(file.bytes) } catch {
            throw Problem(
                .inputOutput, "\(user.name) is made, but \(error.text)",
                hint: "set a password instead: chatd user passwd \(user.name)")
        }
        return address
    }

    /// Where others reach the server, as far as it knows: who logs in may name another address.
    private static func address(_ listen: [NetworkAddress]) -> String {
        var address = listen.first { !$0.isLoopback } ?? listen.first ?? ListenAddress.default
        if address.bytes.allSatisfy({ $0 == 0 }) { address.host = hostName() }
        if address.port == 0 { address.port = ListenAddress.default.port }
        return address.description
    }

    private static func hostName() -> String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard gethostname(&buffer, buffer.count - 1) == 0 else { return "localhost" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
