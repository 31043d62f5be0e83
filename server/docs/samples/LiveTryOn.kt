// A live try-on for Android: OkHttp's WebSocket, binary frames. See ../mobile.md.

package com.example.hair

import android.graphics.Bitmap
import android.graphics.BitmapFactory
import android.graphics.Matrix
import androidx.camera.core.ImageAnalysis
import androidx.camera.core.ImageProxy
import java.io.ByteArrayOutputStream
import java.nio.ByteBuffer
import java.util.UUID
import java.util.concurrent.ScheduledThreadPoolExecutor
import java.util.concurrent.TimeUnit
import kotlin.math.min
import kotlin.random.Random
import okhttp3.HttpUrl
import okhttp3.OkHttpClient
import okhttp3.Request
import okhttp3.Response
import okhttp3.WebSocket
import okhttp3.WebSocketListener
import okio.ByteString
import okio.ByteString.Companion.toByteString
import org.json.JSONArray
import org.json.JSONObject

/**
 * Sends camera pictures, gets them back changed, and comes back by itself with its look. Callbacks
 * come on a thread of its own.
 *
 * @param server such as https://hair.example.com
 * @param userId the token's `sub`
 * @param token a JWT of your auth service, or null where nobody is asked who they are; asked for at
 *   each connection, and may block; if it throws it is asked again
 * @param onAdvice what would help: "no_head", "too_dark", "too_far", "several_heads"
 * @param onEnd why it is over, and does not come back by itself
 */
class LiveTryOn(
    private val http: OkHttpClient,
    private val server: HttpUrl,
    private val userId: String,
    private val token: () -> String?,
    private val onPicture: (Bitmap) -> Unit,
    private val onAdvice: (List<String>) -> Unit = {},
    private val onEnd: (String) -> Unit = {},
) {
    private val sessionId = UUID.randomUUID().toString()

    // One thread, which ends when there is nothing to do.
    private val thread = ScheduledThreadPoolExecutor(1).apply {
        setKeepAliveTime(10, TimeUnit.SECONDS)
        allowCoreThreadTimeOut(true)
    }

    // All of this is touched on the thread alone.
    private var socket: WebSocket? = null
    private var isWanted = false
    private var isEstablished = false
    private var isClosing = false
    private var attempt = 0
    private var look: JSONObject? = null
    private var nextNumber = 1
    private var heardNs = 0L
    private val underWay = mutableMapOf<Int, Long>()

    fun start() = thread.execute {
        isWanted = true
        attempt = 0
        connect()
    }

    fun stop() = thread.execute {
        isWanted = false
        val old = socket
        forget()
        old?.close(NORMAL, null)
    }

    /** What `set_look` takes, such as {"color":"copper","shine":0.3}; null for none. */
    fun wear(look: JSONObject?) = thread.execute {
        this.look = look
        sendLook()
    }

    /** One picture of the camera; it is left out while three have no answer yet. */
    fun offer(jpeg: ByteArray) = thread.execute {
        val now = System.nanoTime()
        if (socket != null && now - heardNs > SILENT_NS) return@execute endSilent()
        underWay.values.removeAll { now - it > FORGET_NS }
        if (!isEstablished || underWay.size >= MOST_UNDER_WAY) return@execute
        val number = nextNumber++
        underWay[number] = now
        socket?.send(frame(number, jpeg))
    }

    /** 8 bytes, big-endian (version 1, kind 1: a frame, no time, its number), then the picture. */
    private fun frame(number: Int, jpeg: ByteArray): ByteString =
        ByteBuffer.allocate(HEADER_BYTES + jpeg.size)
            .put(1).put(1).putShort(0).putInt(number).put(jpeg)
            .array().toByteString()

    /** The network may have gone without a word: `stats` come every five seconds at least. */
    private fun endSilent() {
        val old = socket
        lose(0)
        old?.cancel()
    }

    private fun connect() {
        if (!isWanted || socket != null) return
        val fresh = runCatching(token).getOrElse { return comeBack(0) }
        val url = server.newBuilder()
            .addPathSegments("api/hair-tryOn/realtime").addPathSegment(sessionId)
            .addQueryParameter("user_id", userId)
            .build()
        val request = Request.Builder().url(url)
            .header("Sec-WebSocket-Protocol", "hair-tryon.binary.v1")
        if (fresh != null) request.header("Authorization", "Bearer $fresh")
        heardNs = System.nanoTime()
        socket = http.newWebSocket(request.build(), Listener())
    }

    private inner class Listener : WebSocketListener() {
        override fun onMessage(webSocket: WebSocket, bytes: ByteString) =
            mine(webSocket) { take(bytes) }

        override fun onMessage(webSocket: WebSocket, text: String) =
            mine(webSocket) { take(JSONObject(text)) }

        override fun onClosing(webSocket: WebSocket, code: Int, reason: String) {
            webSocket.close(NORMAL, null)
            mine(webSocket) { lose(code) }
        }

        override fun onFailure(webSocket: WebSocket, t: Throwable, response: Response?) =
            mine(webSocket) { lose(0) }

        /** What an earlier connection says no longer counts. */
        private fun mine(from: WebSocket, act: () -> Unit) = thread.execute {
            if (from !== socket) return@execute
            heardNs = System.nanoTime()
            act()
        }
    }

    /** A changed picture: version 1, kind 2, milliseconds (2 bytes), its number (4 bytes), a JPEG. */
    private fun take(bytes: ByteString) {
        val message = bytes.toByteArray()
        if (message.size <= HEADER_BYTES || message[0].toInt() != 1 || message[1].toInt() != 2) return
        underWay.remove(ByteBuffer.wrap(message).getInt(4))
        BitmapFactory.decodeByteArray(message, HEADER_BYTES, message.size - HEADER_BYTES)
            ?.let(onPicture)
    }

    private fun take(message: JSONObject) {
        message.optString("frame_id").toLongOrNull()?.let { underWay.remove(it.toInt()) }
        when (message.optString("type")) {
            "connection_established" -> {
                isEstablished = true
                isClosing = false
                attempt = 0
                sendLook()
            }
            "server_closing" -> isClosing = true
            "stats" -> {
                val advice = message.getJSONObject("data").optJSONArray("advice") ?: JSONArray()
                onAdvice(List(advice.length()) { advice.getString(it) })
            }
        }
    }

    private fun sendLook() {
        if (!isEstablished) return
        val message = JSONObject()
        val worn = look
        if (worn == null) message.put("type", "clear_look")
        else message.put("type", "set_look").put("data", JSONObject().put("look", worn))
        socket?.send(message.toString())
    }

    private fun lose(code: Int) {
        forget()
        comeBack(code)
    }

    private fun forget() {
        socket = null
        isEstablished = false
        underWay.clear()
    }

    /**
     * At once where the server closes or wants another token; slowly where it is full, or a limit is
     * used up; else after pauses that double.
     */
    private fun comeBack(code: Int) {
        if (!isWanted) return
        val isFirst = attempt == 0
        val problem = ENDINGS[code]
        if (problem != null && !(code == UNAUTHORIZED && isFirst)) {
            isWanted = false
            return onEnd(problem)
        }
        val isSoon = isFirst && (isClosing || code == GOING_AWAY || code == UNAUTHORIZED)
        val grownMs = min(10_000.0, 500.0 * (1 shl min(attempt, 10)))
        val pauseMs = (if (code == TRY_AGAIN_LATER) 12_000.0 else grownMs) * Random.nextDouble(0.75, 1.25)
        attempt += 1
        isClosing = false
        val delayMs = if (isSoon) Random.nextLong(200) else pauseMs.toLong()
        thread.schedule(::connect, delayMs, TimeUnit.MILLISECONDS)
    }

    private companion object {
        const val HEADER_BYTES = 8
        const val MOST_UNDER_WAY = 3
        const val FORGET_NS = 5_000_000_000L
        const val SILENT_NS = 8_000_000_000L
        const val NORMAL = 1000
        const val GOING_AWAY = 1001
        const val TRY_AGAIN_LATER = 1013
        const val UNAUTHORIZED = 4401
        val ENDINGS = mapOf(
            4400 to "request_refused", UNAUTHORIZED to "unauthorized", 4403 to "forbidden",
            4408 to "idle", 4409 to "taken_over", 4410 to "erased",
        )
    }
}

/**
 * The camera's pictures as JPEG, upright: an analyzer for CameraX, whose ImageAnalysis has
 * STRATEGY_KEEP_ONLY_LATEST and OUTPUT_IMAGE_FORMAT_RGBA_8888, and some 640 x 480 pixels.
 */
class CameraFrames(private val take: (ByteArray) -> Unit) : ImageAnalysis.Analyzer {
    override fun analyze(image: ImageProxy) = image.use {
        val turn = Matrix().apply { postRotate(it.imageInfo.rotationDegrees.toFloat()) }
        val picture = it.toBitmap()
        val upright = Bitmap.createBitmap(picture, 0, 0, picture.width, picture.height, turn, true)
        val jpeg = ByteArrayOutputStream()
        upright.compress(Bitmap.CompressFormat.JPEG, 80, jpeg)
        take(jpeg.toByteArray())
    }
}
