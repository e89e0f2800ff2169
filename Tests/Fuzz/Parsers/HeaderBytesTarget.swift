// Owns the attack on the stored custom metadata of a request.

@testable import GRPC

enum HeaderBytesTarget {
    static func run(_ input: inout FuzzInput) {
        var headers = HeaderBytes()
        for _ in 0..<2 {
            var expected: Metadata? = Metadata()
            var first: [UInt8]?
            while !input.isEmpty {
                let choice = input.number(below: 8)
                if choice == 7 { break }
                let value = input.run()
                let name =
                    choice < 4 ? Array(["x-a", "x-b-bin", "", "-bin"][choice].utf8) : input.run()
                name.withUnsafeBytes { name in
                    value.withUnsafeBytes { headers.append(name, $0) }
                }
                if choice == 0, first == nil { first = value }
                if name == Array("x-a".utf8), first == nil { first = value }
                let text = String(decoding: name, as: UTF8.self)
                if expected?.addWire(name: text, value: value) == false { expected = nil }
            }
            promise(headers.parsed() == expected, "other metadata than was stored")
            promise(headers.value(of: "x-a") == first, "another value than was stored")
            headers.recycle()
            promise(headers.isEmpty, "recycling leaves something")
        }
    }
}
