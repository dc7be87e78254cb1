-- In the page a figure has two pictures: that of the paper, and one for a narrow screen, which the attribute
-- `smal` names. stijl.css shows one of them. Runs on what is about to be written, in both renderers.

local function both(img)
  local small = img.attributes.smal
  if not small then
    return nil
  end
  img.attributes.smal = nil
  local narrow = img:clone()
  narrow.src = small
  narrow.identifier = ""
  narrow.classes:insert("smal")
  img.classes:insert("ruim")
  return { img, narrow }
end

local function wide(img)
  img.attributes.smal = nil
  return img
end

-- In the page a figure is a division, and only figures hold pictures. Who asks for every picture goes through the
-- whole text for it.
local function pictures(div)
  if div.identifier:match("^fig%-") then
    return div:walk({ Image = both })
  end
end

return { FORMAT:match("^html") and { Div = pictures } or { Image = wide } }
