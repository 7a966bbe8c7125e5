import Transport

enum RandomText {
    static func hexadecimal(digits: Int) -> String {
        let alphabet = Array("0123456789abcdef".utf8)
        let characters = SecureRandom.bytes(digits).map { alphabet[Int($0 & 15)] }
        return String(decoding: characters, as: UTF8.self)
    }
}
