// A live try-on for iOS 15 or later: URLSessionWebSocketTask, binary frames. See ../mobile.md.

import AVFoundation
import CoreImage
import UIKit

/// Sends camera pictures, gets them back changed, and comes back by itself with its look.
final class LiveTryOn: NSObject {
    /// Each changed picture, on the main thread.
    var onPicture: ((UIImage) -> Void)?
    /// What would help: "no_head", "too_dark", "too_far", "several_heads".
    var onAdvice: (([String]) -> Void)?
    /// Why it is over, and does not come back by itself.
    var onEnd: ((String) -> Void)?

    private static let mostUnderWay = 3
    private static let forgetAfter: TimeInterval = 5
    private static let silentAfter: TimeInterval = 8
    private static let endings = [
        4400: "request_refused", 4401: "unauthorized", 4403: "forbidden",
        4408: "idle", 4409: "taken_over", 4410: "erased",
    ]

    private let server: URL
    private let userID: String
    private let token: () async throws -> String
    private let sessionID = UUID().uuidString.lowercased()
    private let queue = DispatchQueue(label: "hair-tryon")
    private lazy var http: URLSession = {
        let callbacks = OperationQueue()
        callbacks.underlyingQueue = queue
        return URLSession(configuration: .ephemeral, delegate: nil, delegateQueue: callbacks)
    }()

    // All of this is touched on the queue alone.
    private var socket: URLSessionWebSocketTask?
    private var visit = UUID()
    private var isWanted = false
    private var isEstablished = false
    private var isClosing = false
    private var attempt = 0
    private var look: [String: Any] = [:]
    private var nextNumber: UInt32 = 1
    private var heard = Date()
    private var underWay: [UInt32: Date] = [:]

    /// - Parameters:
    ///   - server: such as https://hair.example.com
    ///   - userID: the token's `sub`
    ///   - token: a JWT of your auth service; asked for at each connection
    init(server: URL, userID: String, token: @escaping () async throws -> String) {
        self.server = server
        self.userID = userID
        self.token = token
    }

    func start() {
        queue.async {
            self.isWanted = true
            self.attempt = 0
            self.connect()
        }
    }

    func stop() {
        queue.async {
            self.isWanted = false
            self.forget()?.cancel(with: .normalClosure, reason: nil)
        }
    }

    /// What `set_look` takes, such as ["color": "copper", "shine": 0.3].
    func wear(_ look: [String: Any]) {
        queue.async {
            self.look = look
            self.sendLook()
        }
    }

    /// One picture of the camera; it is left out while three have no answer yet.
    func offer(_ jpeg: Data) {
        queue.async {
            if self.socket != nil, self.heard.timeIntervalSinceNow < -Self.silentAfter {
                return self.endSilent()
            }
            let overdue = Date().addingTimeInterval(-Self.forgetAfter)
            self.underWay = self.underWay.filter { $0.value > overdue }
            guard self.isEstablished, self.underWay.count < Self.mostUnderWay else { return }
            let number = self.nextNumber
            self.nextNumber &+= 1
            self.underWay[number] = Date()
            self.send(.data(Self.frame(number, jpeg)))
        }
    }

    /// 8 bytes, big-endian (version 1, kind 1: a frame, no time, its number), then the picture.
    private static func frame(_ number: UInt32, _ jpeg: Data) -> Data {
        var message = Data([1, 1, 0, 0])
        withUnsafeBytes(of: number.bigEndian) { message.append(contentsOf: $0) }
        return message + jpeg
    }

    /// The network may have gone without a word: `stats` come every five seconds at least.
    private func endSilent() {
        forget()?.cancel()
        comeBack(after: 0)
    }

    private func connect() {
        guard isWanted, socket == nil else { return }
        let mine = UUID()
        visit = mine
        Task {
            let fresh = try? await token()
            self.queue.async {
                guard self.isWanted, self.visit == mine else { return }
                if let fresh { self.open(with: fresh) } else { self.comeBack(after: 0) }
            }
        }
    }

    private func open(with token: String) {
        let path = "api/hair-tryOn/realtime/\(sessionID)"
        var parts = URLComponents(
            url: server.appendingPathComponent(path), resolvingAgainstBaseURL: false)!
        parts.scheme = server.scheme == "http" ? "ws" : "wss"
        let id = userID.addingPercentEncoding(withAllowedCharacters: .alphanumerics)!
        parts.percentEncodedQuery = "user_id=\(id)"
        var request = URLRequest(url: parts.url!)
        request.setValue("Bearer \(token)", forHTTPHeaderField: "Authorization")
        request.setValue("hair-tryon.binary.v1", forHTTPHeaderField: "Sec-WebSocket-Protocol")
        let socket = http.webSocketTask(with: request)
        socket.maximumMessageSize = 8 * 1024 * 1024
        self.socket = socket
        heard = Date()
        listen(to: socket)
        socket.resume()
    }

    private func listen(to socket: URLSessionWebSocketTask) {
        socket.receive { [weak self] outcome in
            guard let self, socket === self.socket else { return }
            self.heard = Date()
            switch outcome {
            case .success(.data(let message)): self.take(message)
            case .success(.string(let text)): self.take(text)
            case .success: break
            case .failure:
                let code = socket.closeCode.rawValue
                self.forget()
                return self.comeBack(after: code)
            }
            self.listen(to: socket)
        }
    }

    /// A changed picture: version 1, kind 2, milliseconds (2 bytes), its number (4 bytes), a JPEG.
    private func take(_ message: Data) {
        let bytes = [UInt8](message.prefix(8))
        guard bytes.count == 8, bytes[0] == 1, bytes[1] == 2 else { return }
        let number = bytes[4...].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        underWay[number] = nil
        guard let picture = UIImage(data: message.dropFirst(8)) else { return }
        DispatchQueue.main.async { self.onPicture?(picture) }
    }

    private func take(_ text: String) {
        guard let message = try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any],
              let type = message["type"] as? String else { return }
        if let id = message["frame_id"] as? String, let number = UInt32(id) { underWay[number] = nil }
        switch type {
        case "connection_established":
            isEstablished = true
            isClosing = false
            attempt = 0
            sendLook()
        case "server_closing":
            isClosing = true
        case "stats":
            let advice = (message["data"] as? [String: Any])?["advice"] as? [String] ?? []
            DispatchQueue.main.async { self.onAdvice?(advice) }
        default:
            break
        }
    }

    private func sendLook() {
        guard isEstablished else { return }
        let message: [String: Any] = look.isEmpty
            ? ["type": "clear_look"] : ["type": "set_look", "data": ["look": look]]
        guard let data = try? JSONSerialization.data(withJSONObject: message),
              let text = String(data: data, encoding: .utf8) else { return }
        send(.string(text))
    }

    private func send(_ message: URLSessionWebSocketTask.Message) {
        // What cannot be sent is noticed by receive as well.
        socket?.send(message) { _ in }
    }

    @discardableResult
    private func forget() -> URLSessionWebSocketTask? {
        let old = socket
        visit = UUID()
        socket = nil
        isEstablished = false
        underWay = [:]
        return old
    }

    /// At once where the server closes or wants another token; slowly where it is full, or a limit is
    /// used up (1013); else after pauses that double.
    private func comeBack(after code: Int) {
        guard isWanted else { return }
        let isFirst = attempt == 0
        if let problem = Self.endings[code], !(code == 4401 && isFirst) {
            isWanted = false
            return DispatchQueue.main.async { self.onEnd?(problem) }
        }
        let isSoon = isFirst && (isClosing || code == 1001 || code == 4401)
        let grown = min(10, 0.5 * pow(2, Double(min(attempt, 10))))
        let pause = (code == 1013 ? 12 : grown) * .random(in: 0.75...1.25)
        attempt += 1
        isClosing = false
        let delay = isSoon ? .random(in: 0...0.2) : pause
        queue.asyncAfter(deadline: .now() + delay) { self.connect() }
    }
}

/// The front camera's pictures as JPEG, upright, 480 pixels wide.
final class CameraFrames: NSObject, AVCaptureVideoDataOutputSampleBufferDelegate {
    private let session = AVCaptureSession()
    private let context = CIContext()
    private let queue = DispatchQueue(label: "hair-tryon.camera")
    private let take: (Data) -> Void

    /// Needs NSCameraUsageDescription in Info.plist, and the user's permission.
    init?(take: @escaping (Data) -> Void) {
        self.take = take
        super.init()
        guard let camera = AVCaptureDevice.default(.builtInWideAngleCamera, for: .video, position: .front),
              let input = try? AVCaptureDeviceInput(device: camera), session.canAddInput(input)
        else { return nil }
        session.sessionPreset = .vga640x480
        session.addInput(input)
        let output = AVCaptureVideoDataOutput()
        output.alwaysDiscardsLateVideoFrames = true
        output.setSampleBufferDelegate(self, queue: queue)
        guard session.canAddOutput(output) else { return nil }
        session.addOutput(output)
        output.connection(with: .video)?.videoOrientation = .portrait
    }

    func start() { queue.async { self.session.startRunning() } }

    func stop() { queue.async { self.session.stopRunning() } }

    func captureOutput(
        _ output: AVCaptureOutput, didOutput sample: CMSampleBuffer, from connection: AVCaptureConnection
    ) {
        guard let pixels = CMSampleBufferGetImageBuffer(sample) else { return }
        let quality = CIImageRepresentationOption(
            rawValue: kCGImageDestinationLossyCompressionQuality as String)
        let jpeg = context.jpegRepresentation(
            of: CIImage(cvPixelBuffer: pixels), colorSpace: CGColorSpace(name: CGColorSpace.sRGB)!,
            options: [quality: 0.8])
        if let jpeg { take(jpeg) }
    }
}
