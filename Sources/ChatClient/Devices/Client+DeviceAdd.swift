import CLISupport
import ChatProtocol
import GroupRules
import MLS
import System
import Transport

/// Devices for other machines and containers.
extension Client {
    /// Makes devices and writes their identity to `path`, where no regular file may be; `-` is standard output.
    ///
    /// The file is on disk before the account's chain knows the devices, so that none is lost; where they are refused it goes.
    ///
    /// - Returns: the devices.
    /// - Throws: 73 where the file cannot be created, or exists.
    package func addDevices(
        identityFile path: String, name: String? = nil, use: IdentityFile.Use, count: Int = 1
    ) async throws(Problem) -> [DeviceID] {
        let own = try identity().deviceName
        let name = name ?? "made by \(own.prefix(12))"
        try Self.check(name, limit: Limits.deviceName, what: "a device's name")
        // The file first: a device that nobody can use must not be made.
        let output: OutputFile
        do throws(OutputFile.Failure) { output = try await OutputFile.awaited(path, replaces: false) } catch {
            throw Problem(.cannotCreate, error.text, hint: "name a file that is not there")
        }
        defer { output.close() }
        let maker = try await deviceMaker(use)
        let file = try await maker.make(count, named: name)
        do throws(OutputFile.Failure) {
            try await BlockingLane("output").run { () throws(OutputFile.Failure) in try output.write(file.bytes) }
        } catch {
            await maker.forget(file)
            throw Problem(.inputOutput, error.text)
        }
        do throws(Problem) { try await maker.grant(file) } catch {
            // Where no answer came, the file may be good; else it is good for nothing.
            if error.exit != .unreachable { output.takeBack() }
            throw error
        }
        return file.devices.map(\.id)
    }

    private func deviceMaker(_ use: IdentityFile.Use) async throws(Problem) -> DeviceMaker {
        let (link, welcome) = try await loggedInLink()
        let chain = try await ownChain(on: link)
        var known = try await chain.read()
        if known == nil, try await chain.begin() { known = try await chain.read() }
        guard let known else { throw Problem(.devicePending, sent: .no) }
        var pin: PublicKeyPin?
        if case .pin(let known)? = try KnownServersFile(paths: settings.paths).read()[link.address] { pin = known }
        var file = IdentityFile(
            use: use, user: welcome.account.name, displayName: welcome.account.displayName,
            account: welcome.account.id, address: link.address.text, server: welcome.server,
            generation: welcome.generation, everyone: welcome.everyone, pin: pin?.description,
            root: AccountFingerprint(known.root).description, devices: [])
        (file.pins, file.rooms) = try store { (try $0.pinsForIdentity(), try $0.roomsForIdentity()) }
        return DeviceMaker(chain: chain, known: known, file: file)
    }
}
