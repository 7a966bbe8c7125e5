import ChatProtocol
import Foundation
import Transport
import WireCodec

/// A home with a profile of `chat` that is logged in.
struct Profile: Sendable {
    static let password = "correct horse"

    let chat: String
    let home: URL
    let name: String

    /// A home that nobody has logged in from.
    init(home: String, chat: String, house: House) throws {
        self.chat = chat
        name = home
        self.home = house.directory.appending(path: "home-\(home)")
        try FileManager.default.createDirectory(
            at: self.home, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    /// Makes the account, on the server of `house`.
    init(_ name: String, chat: String, house: House) throws {
        try self.init(home: name, chat: chat, house: house)
        let password = home.appending(path: "password")
        try "\(Self.password)\n".write(to: password, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: password.path)
        try command(
            "register", name, "--server", house.server.address.description, "--trust", house.server.pin.description,
            "--password-file", password.path, "--no-input"
        ).run()
    }

    func command(_ arguments: String...) -> Command {
        let settings = ["HOME=\(home.path)", "XDG_RUNTIME_DIR=\(home.path)", "PATH=/usr/bin:/bin", "TERM=dumb"]
        return Command(program: chat, arguments: arguments, environment: settings)
    }

    /// A command that reads these lines.
    func command(_ arguments: String..., lines: some Sequence<String>) throws -> Command {
        let file = home.appending(path: "lines")
        try Data(lines.joined(separator: "\n").utf8 + [10]).write(to: file)
        var command = command()
        command.arguments = arguments
        command.input = file.path
        return command
    }

    /// Bytes of the profile's store on the disk.
    var bytes: Double { home.appending(path: ".local").sizeOnDisk }
}

/// The device of the client in C.
struct ClientDevice {
    let program: String
    let store: String
    /// Whose it is; the login key is in its store only.
    let own: Credentials

    /// Makes an account that writes to `peer`.
    init(_ name: String, to peer: Credentials, program: String, house: House) throws {
        self.program = program
        store = house.directory.appending(path: "client-\(name).db").path
        let address = house.server.address
        let words = [
            "register", store, address.host, String(address.port), house.server.pin.description, name,
            Profile.password, peer.name.text,
        ]
        let ids = try Command(program: program, arguments: words).output().split(separator: "\n")
            .compactMap { Hexadecimal.bytes(String($0)) }
        guard ids.count == 2, let account = AccountID(ids[0]), let device = DeviceID(ids[1]),
            let name = UserName(name)
        else { throw Child.Failed(description: "the client in C has no account") }
        own = Credentials(name: name, account: account, device: device, key: try SigningKey())
    }

    /// Tells it where the group stands that others have made of the two: it knows nothing of what is in a payload.
    func keep(_ position: ConversationPosition) throws {
        try Command(program: program, arguments: ["position", store, Hexadecimal.text(position.wireBytes)]).run()
    }

    /// A message as large as one of `chat send` with that text.
    func send(_ text: String) -> Command {
        let bytes = Sample.payload(bodyBytes: text.utf8.count).count
        return Command(program: program, arguments: ["send", store, String(bytes)])
    }
}

extension URL {
    /// Bytes that the files of a folder take on the disk.
    var sizeOnDisk: Double {
        let keys: Set<URLResourceKey> = [.totalFileAllocatedSizeKey]
        let files = FileManager.default.enumerator(at: self, includingPropertiesForKeys: Array(keys))
        var sum = 0
        while let file = files?.nextObject() as? URL {
            sum += (try? file.resourceValues(forKeys: keys))?.totalFileAllocatedSize ?? 0
        }
        return Double(sum)
    }
}
